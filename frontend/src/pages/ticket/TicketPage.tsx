import { plural } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { NotFoundPage } from '../../app/NotFoundPage';
import { errorText } from '../../i18n/errors';
import { useFormat } from '../../i18n/useFormat';
import type { Ticket } from '../../sdk/types';
import { Button } from '../../ui/Button';
import { Heading } from '../../ui/Heading';
import { Blank, Notice } from '../../ui/Notice';
import { NumberChips } from '../../ui/NumberChips';
import { Skeleton } from '../../ui/Skeleton';
import { TicketActions } from './TicketActions';
import styles from './TicketPage.module.css';
import { TicketPicture } from './TicketPicture';
import { inGroups } from './ticketLink';
import { useTicket } from './useTicket';
import { Verdict } from './Verdict';

/** A ticket, for who bought it and for whoever scans it: is it good, and for which numbers. */
export function TicketPage({ code }: { code: string }) {
  const { t } = useLingui();
  const format = useFormat();
  const { ticket, known, failure, again } = useTicket(code);

  if (ticket) return <Sheet ticket={ticket} />;
  if (failure === 'not_found') {
    return (
      <NotFoundPage
        title={t`Este boleto no existe`}
        text={t`El código no es de ningún boleto de aquí. Si alguien se lo dio como comprobante, no lo acepte.`}
      />
    );
  }
  if (failure && known) {
    const title = known.title ?? t`Boleto`;
    return (
      <article className={styles.ticket}>
        <Heading name={title} className={styles.title} />
        <Notice tone="warn" icon={failure === 'offline' ? 'offline' : 'warning'}>
          <p>{t`No se pudo comprobar ahora. Esto se vio hace ${format.duration(Date.now() - known.seenAt)}.`}</p>
        </Notice>
        <Body code={code} labels={known.numberIds} />
      </article>
    );
  }
  if (failure) {
    return (
      <Blank
        page
        icon={failure === 'offline' ? 'offline' : 'warning'}
        title={t`No se pudo comprobar el boleto`}
      >
        <p>{errorText(failure)}</p>
        <Button look="primary" onClick={again}>
          {t`Intentar de nuevo`}
        </Button>
      </Blank>
    );
  }
  return (
    <div className={styles.ticket} aria-busy="true">
      <Skeleton height="5rem" />
      <Skeleton height="20rem" />
    </div>
  );
}

function Sheet({ ticket }: { ticket: Ticket }) {
  const { t } = useLingui();
  const format = useFormat();
  const { raffle } = ticket;
  return (
    <article className={styles.ticket}>
      <Heading name={t`Boleto de ${raffle.title}`} className={styles.title}>
        <Link href={`/r/${raffle.id}`}>{raffle.title}</Link>
      </Heading>
      <Verdict ticket={ticket} />
      <Body code={ticket.code} labels={ticket.number_ids}>
        <dl className={styles.facts}>
          <dt>{t`Fecha de compra`}</dt>
          <dd>{format.dateTime(ticket.sold_at)}</dd>
          {raffle.draw_at && (
            <>
              <dt>{t`Fecha del sorteo`}</dt>
              <dd>{format.dateTime(raffle.draw_at)}</dd>
            </>
          )}
        </dl>
      </Body>
      <TicketActions code={ticket.code} title={raffle.title} />
      <p className={styles.hint}>
        {t`Quien escanee el código QR ve esta misma página: los números y si el boleto es válido. No ve quién lo compró.`}
      </p>
    </article>
  );
}

function Body(props: { code: string; labels: readonly string[]; children?: ReactNode }) {
  const { t } = useLingui();
  return (
    <div className={styles.body}>
      <div className={styles.picture}>
        <TicketPicture code={props.code} />
      </div>
      <div className={styles.words}>
        {props.labels.length > 0 && (
          <section className={styles.numbers}>
            <h2 className={styles.count}>
              {plural(props.labels.length, {
                one: '# número',
                many: '# de números',
                other: '# números',
              })}
            </h2>
            <NumberChips labels={props.labels} />
          </section>
        )}
        {props.children}
        <p className={styles.code}>
          <span>{t`Código`}</span> <code>{inGroups(props.code)}</code>
        </p>
      </div>
    </div>
  );
}
