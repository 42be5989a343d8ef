import { plural, t } from '@lingui/core/macro';
import { useLingui } from '@lingui/react';
import { useState } from 'react';
import { Link } from 'wouter';
import { errorText } from '../../i18n/errors';
import { useFormat } from '../../i18n/useFormat';
import { ApiError } from '../../sdk/errors';
import { raffleService } from '../../sdk/services/raffleService';
import type { Raffle, RaffleStatus } from '../../sdk/types';
import { Button, buttonClass } from '../../ui/Button';
import { Dialog, DialogActions } from '../../ui/Dialog';
import { Notice } from '../../ui/Notice';
import { Progress } from '../../ui/Progress';
import { statusName } from '../list/statusName';
import { ShareButton } from '../raffle/ShareButton';
import styles from './OwnRaffle.module.css';
import { paymentsAddress } from './payments/paymentsAddress';
import type { Waiting } from './payments/useWaiting';

type Verb = 'publish' | 'pause' | 'resume' | 'close';

const VERBS: Record<RaffleStatus, readonly Verb[]> = {
  draft: ['publish'],
  active: ['pause', 'close'],
  paused: ['resume', 'close'],
  closed: [],
  drawn: [],
  cancelled: [],
};

/** One of the organizer's raffles: how it stands, and what can be done with it. */
export function OwnRaffle({
  raffle,
  waiting,
  onChanged,
}: {
  raffle: Raffle;
  /** What waits for the organizer there, once that is known. */
  waiting: Waiting | undefined;
  onChanged: (raffle: Raffle) => void;
}) {
  useLingui();
  const format = useFormat();
  const [asked, setAsked] = useState<Verb | null>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const { counts, number_count: total } = raffle;

  async function steer(verb: Verb): Promise<void> {
    setBusy(true);
    setFailure(null);
    try {
      onChanged(await raffleService[verb](raffle.id));
      setAsked(null);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailure(errorText(error.code, error.params));
    } finally {
      setBusy(false);
    }
  }

  return (
    <article className={styles.raffle}>
      <div className={styles.head}>
        <h2 className={styles.title}>
          <Link href={`/r/${raffle.id}`}>{raffle.title}</Link>
        </h2>
        <span className={`${styles.status} ${raffle.status === 'active' ? styles.on : ''}`}>
          {statusName(raffle.status)}
        </span>
      </div>
      <Progress sold={counts.sold} held={counts.reserved} total={total} />
      <p className={styles.counts}>
        <span>{t`${format.number(counts.sold)} vendidos`}</span>
        <span>{t`${format.number(counts.reserved)} apartados`}</span>
        <span>{t`${format.number(counts.available)} libres`}</span>
        <span>{format.money(raffle.price, raffle.currency)}</span>
      </p>
      <div className={styles.actions}>
        <Link href={paymentsAddress(raffle.id)} className={buttonClass('plain', true)}>
          {t`Pagos`}
          {waiting && <WaitingBadge waiting={waiting} />}
        </Link>
        {VERBS[raffle.status].map((verb) => (
          <Button
            key={verb}
            small
            look={verb === 'publish' || verb === 'resume' ? 'primary' : 'plain'}
            onClick={() => setAsked(verb)}
          >
            {verbName(verb)}
          </Button>
        ))}
        {raffle.status !== 'draft' && <ShareButton raffle={raffle} />}
      </div>
      <Dialog
        open={asked !== null}
        title={asked ? question(asked) : ''}
        onClose={() => setAsked(null)}
      >
        <p>{asked && consequence(asked)}</p>
        {failure && <Notice tone="danger">{failure}</Notice>}
        <DialogActions>
          <Button look="primary" busy={busy} onClick={() => asked && void steer(asked)}>
            {asked && verbName(asked)}
          </Button>
          <Button onClick={() => setAsked(null)}>{t`No, volver`}</Button>
        </DialogActions>
      </Dialog>
    </article>
  );
}

function WaitingBadge({ waiting: { payments, cases } }: { waiting: Waiting }) {
  if (payments + cases === 0) return null;
  const words = [
    payments > 0 &&
      plural(payments, { one: '# por revisar', many: '# por revisar', other: '# por revisar' }),
    cases > 0 && plural(cases, { one: '# caso', many: '# de casos', other: '# casos' }),
  ];
  return <span className={styles.badge}>{words.filter(Boolean).join(' · ')}</span>;
}

function verbName(verb: Verb): string {
  switch (verb) {
    case 'publish':
      return t`Publicar`;
    case 'pause':
      return t`Pausar`;
    case 'resume':
      return t`Reanudar`;
    case 'close':
      return t`Cerrar la venta`;
  }
}

function question(verb: Verb): string {
  switch (verb) {
    case 'publish':
      return t`¿Publicar el sorteo?`;
    case 'pause':
      return t`¿Pausar la venta?`;
    case 'resume':
      return t`¿Reanudar la venta?`;
    case 'close':
      return t`¿Cerrar la venta para siempre?`;
  }
}

function consequence(verb: Verb): string {
  switch (verb) {
    case 'publish':
      return t`Cualquiera podrá verlo y apartar números desde este momento.`;
    case 'pause':
      return t`Nadie podrá apartar más números. Lo que ya está apartado se respeta.`;
    case 'resume':
      return t`Se podrán apartar números otra vez.`;
    case 'close':
      return t`Nadie podrá apartar más números, y no se puede deshacer. Lo que ya está apartado todavía se puede pagar.`;
  }
}
