import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { errorText } from '../../i18n/errors';
import { useValue } from '../../sdk/hooks/useValue';
import { identity } from '../../sdk/identity';
import { announce } from '../../ui/announce';
import { Button } from '../../ui/Button';
import { Heading } from '../../ui/Heading';
import { Blank, Notice } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import styles from './OrganizerPage.module.css';
import { OwnRaffle } from './OwnRaffle';
import { MoneyCases } from './payments/MoneyCases';
import { MoneyState } from './payments/MoneyState';
import { RafflePayments } from './payments/RafflePayments';
import { useWaiting } from './payments/useWaiting';
import { RaffleForm } from './RaffleForm';
import { SignIn } from './SignIn';
import { useOwnRaffles } from './useOwnRaffles';

/** For organizers: their raffles, and a new one. */
export function OrganizerPage() {
  const { t } = useLingui();
  const person = useValue(identity);
  const wasSignedOut = useValue(identity.wasSignedOut);
  const [search] = useSearchParams();
  const raffleId = search.get('raffle');
  const mayOrganize = person !== null && person.role !== 'user';
  return (
    <div className={styles.page}>
      <div className={styles.head}>
        <Heading
          key={raffleId}
          name={raffleId ? t`Pagos del sorteo` : t`Organizar`}
          className={styles.title}
        />
        {mayOrganize && (
          <Button look="quiet" onClick={() => identity.signOut()}>
            {t`Salir`}
          </Button>
        )}
      </div>
      {mayOrganize ? (
        <Workplace key={person.userId} raffleId={raffleId} isAdmin={person.role === 'admin'} />
      ) : (
        <>
          <p className={styles.soft}>
            {t`Cree sorteos, publíquelos y siga su venta. Para entrar necesita el código de organizador.`}
          </p>
          <SignIn note={wasSignedOut ? t`Su sesión venció. Entre de nuevo.` : null} />
        </>
      )}
    </div>
  );
}

/** The raffles, or the payments of one of them. */
function Workplace({ raffleId, isAdmin }: { raffleId: string | null; isAdmin: boolean }) {
  if (raffleId) return <RafflePayments key={raffleId} raffleId={raffleId} />;
  return (
    <>
      {isAdmin && <MoneyState />}
      <OwnRaffles />
      {isAdmin && <MoneyCases raffleId={null} />}
    </>
  );
}

function OwnRaffles() {
  const { t } = useLingui();
  const { raffles, failure, load, put } = useOwnRaffles();
  const waiting = useWaiting(raffles);
  const [creating, setCreating] = useState(false);

  return (
    <>
      {creating ? (
        <section className={styles.card} aria-label={t`Nuevo sorteo`}>
          <div className={styles.head}>
            <h2>{t`Nuevo sorteo`}</h2>
            <Button look="quiet" onClick={() => setCreating(false)}>
              {t`Cerrar`}
            </Button>
          </div>
          <RaffleForm
            onCreated={(raffle) => {
              put(raffle);
              setCreating(false);
              announce(t`Borrador creado. Revíselo y publíquelo.`);
            }}
          />
        </section>
      ) : (
        <div>
          <Button look="primary" icon="plus" onClick={() => setCreating(true)}>
            {t`Nuevo sorteo`}
          </Button>
        </div>
      )}
      {failure && (
        <Notice tone="danger">
          <p>{errorText(failure)}</p>
          <div>
            <Button onClick={() => void load()}>{t`Intentar de nuevo`}</Button>
          </div>
        </Notice>
      )}
      {!raffles && !failure && <Skeleton height="9rem" />}
      {raffles?.length === 0 && (
        <Blank icon="numbers" title={t`Aún no tiene sorteos`}>
          <p>{t`Cree el primero: queda como borrador hasta que lo publique.`}</p>
        </Blank>
      )}
      <ul className={styles.raffles}>
        {raffles?.map((raffle) => (
          <li key={raffle.id}>
            <OwnRaffle raffle={raffle} waiting={waiting.get(raffle.id)} onChanged={put} />
          </li>
        ))}
      </ul>
    </>
  );
}
