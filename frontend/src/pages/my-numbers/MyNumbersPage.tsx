import { useLingui } from '@lingui/react/macro';
import { Link } from 'wouter';
import { errorText } from '../../i18n/errors';
import { useFormat } from '../../i18n/useFormat';
import type { Phase, Reservation, Ticket } from '../../sdk/types';
import { Button, buttonClass } from '../../ui/Button';
import { Heading } from '../../ui/Heading';
import { Blank, Notice } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import styles from './MyNumbersPage.module.css';
import { ReservationCard } from './ReservationCard';
import { useMyReservations } from './useMyReservations';
import { useTickets } from './useTickets';
import { useTitles } from './useTitles';

/** Everything that I hold, bought, or held once, over all raffles. */
export function MyNumbersPage() {
  const { t } = useLingui();
  const format = useFormat();
  const { reservations, seenAt, failure, again } = useMyReservations();
  const titles = useTitles(reservations?.map((each) => each.raffle_id) ?? []);
  const tickets = useTickets(reservations?.flatMap(({ ticket }) => ticket ?? []) ?? []);

  const groups: { name: string; phases: readonly Phase[] }[] = [
    { name: t`Apartados ahora`, phases: ['selection', 'checkout', 'payment_review'] },
    { name: t`Comprados`, phases: ['completed'] },
    { name: t`Anteriores`, phases: ['expired', 'cancelled'] },
  ];
  const shown = groups
    .map(({ name, phases }) => ({
      name,
      members: reservations?.filter(({ phase }) => phases.includes(phase)) ?? [],
    }))
    .filter(({ members }) => members.length > 0);

  return (
    <div className={styles.page}>
      <Heading name={t`Mis números`} className={styles.title} />
      {failure && reservations && (
        <Notice tone="warn" icon={failure === 'offline' ? 'offline' : 'warning'}>
          <p>
            {seenAt === null
              ? errorText(failure)
              : t`${errorText(failure)} Esto se vio hace ${format.duration(Date.now() - seenAt)}.`}
          </p>
        </Notice>
      )}
      {!reservations && !failure && (
        <div className="stack" aria-busy="true">
          <Skeleton height="9.5rem" />
          <Skeleton height="9.5rem" />
        </div>
      )}
      {!reservations && failure && (
        <Blank
          icon={failure === 'offline' ? 'offline' : 'warning'}
          title={t`No pudimos cargar sus números`}
        >
          <p>{errorText(failure)}</p>
          <Button look="primary" onClick={again}>
            {t`Intentar de nuevo`}
          </Button>
        </Blank>
      )}
      {reservations?.length === 0 && (
        <Blank icon="numbers" title={t`Aún no tiene números`}>
          <p>{t`Los que aparte en este dispositivo aparecerán aquí.`}</p>
          <Link href="/" className={buttonClass('primary')}>
            {t`Ver los sorteos`}
          </Link>
        </Blank>
      )}
      {shown.map(({ name, members }) => (
        <Group
          key={name}
          name={name}
          members={members}
          titles={titles}
          tickets={tickets}
          onExpire={again}
        />
      ))}
    </div>
  );
}

function Group(props: {
  name: string;
  members: readonly Reservation[];
  titles: Readonly<Record<string, string>>;
  tickets: Readonly<Record<string, Ticket>>;
  onExpire: () => void;
}) {
  return (
    <section className={styles.group}>
      <h2 className={styles.name}>
        {props.name} <span className={styles.count}>{props.members.length}</span>
      </h2>
      <ul className={styles.cards}>
        {props.members.map((reservation) => (
          <li key={reservation.id}>
            <ReservationCard
              reservation={reservation}
              title={props.titles[reservation.raffle_id]}
              ticket={props.tickets[reservation.ticket ?? '']}
              onExpire={props.onExpire}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
