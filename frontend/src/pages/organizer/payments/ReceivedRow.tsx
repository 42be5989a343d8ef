import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { useFormat } from '../../../i18n/useFormat';
import type { Received } from '../../../sdk/services/deskService';
import { Button } from '../../../ui/Button';
import { NumberChips } from '../../../ui/NumberChips';
import { BuyerFact } from './BuyerFact';
import { methodName } from './methodName';
import styles from './ReceivedRow.module.css';
import { RefundDialog } from './RefundDialog';
import { numbersLeft, standingOf } from './receivedText';
import { readDeclared, withBank } from './reference';
import { useLateFocus } from './useLateFocus';

interface Props {
  received: Received;
  /** The number that it was found by. */
  sought: string | null;
  mayRefund: boolean;
  /** Money goes back; `told` is how. Resolves once the row shows it. */
  onRefunded: (told: string) => Promise<void>;
  /** A refund was refused, or nobody knows: what is shown may not be so any more. */
  onRefused: () => void;
  /** Its dialog opens or closes. */
  onOpen: (isOpen: boolean) => void;
}

/** One payment that has brought money: whose, for what, and where the money is now. */
export function ReceivedRow({ received, sought, mayRefund, onRefunded, onRefused, onOpen }: Props) {
  const { t } = useLingui();
  const format = useFormat();
  const [isOpen, setOpen] = useState(false);
  const [title, focusTitle] = useLateFocus<HTMLHeadingElement>();
  const { payment, contact, returned_ids } = received;
  const standing = standingOf(received);
  const left = numbersLeft(received);
  const id = `received-${payment.id}`;
  const { reference, bank } = readDeclared(received.reference);

  function show(isShown: boolean): void {
    setOpen(isShown);
    onOpen(isShown);
  }

  const facts: [string, string | null][] = [
    [t`Llegó`, unlessAsked(received, format.money)],
    [t`Devuelto`, payment.refunded > 0 ? format.money(payment.refunded, paidIn(received)) : null],
    [t`Números devueltos`, left.length > 0 ? returned_ids.join(', ') : null],
    [t`Por medio de`, methodName(payment.provider)],
    [t`Comprobante`, reference && withBank(reference, bank)],
    [t`Fecha`, format.dateTime(received.decided_at ?? payment.created_at)],
  ];
  return (
    <article className={styles.row} aria-labelledby={id}>
      <header className={styles.head}>
        <h3 id={id} ref={title} tabIndex={-1} className={styles.amount}>
          {format.money(payment.amount, payment.currency)}
        </h3>
        <span className={styles[standing.tone]}>{standing.text}</span>
      </header>
      <NumberChips labels={left.length > 0 ? left : payment.number_ids} look="plain" />
      <dl className={styles.facts}>
        <BuyerFact contact={contact} />
        {facts.map(([name, value]) => value && <Fact key={name} name={name} value={value} />)}
      </dl>
      {mayRefund && (left.length > 0 || isOpen) && (
        <div>
          <Button small onClick={() => show(true)}>
            {received.unit_price > 0 ? t`Devolver dinero` : t`Liberar números`}
          </Button>
          <RefundDialog
            open={isOpen}
            received={received}
            sought={sought}
            onRefused={onRefused}
            onClose={() => {
              show(false);
              // The button that opened it is gone, and the focus with it.
              if (left.length === 0) focusTitle();
            }}
            onDone={async (told) => {
              await onRefunded(told);
              show(false);
              focusTitle();
            }}
          />
        </div>
      )}
    </article>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

/** The currency that came, which may be another than was asked for. */
function paidIn({ payment, paid_currency }: Received): string {
  return paid_currency ?? payment.currency;
}

/** What came, where that is not what was asked for. */
function unlessAsked(
  received: Received,
  money: (amount: number, currency: string) => string,
): string | null {
  const { payment, captured } = received;
  const currency = paidIn(received);
  const isExact = captured === payment.amount && currency === payment.currency;
  return captured > 0 && !isExact ? money(captured, currency) : null;
}
