import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { ContactForm } from '../../../contact/ContactForm';
import { ContactSummary } from '../../../contact/ContactSummary';
import { useContact } from '../../../contact/useContact';
import { useFormat } from '../../../i18n/useFormat';
import { serverClock } from '../../../sdk/serverClock';
import type { Contact, LiveRaffle, Raffle, Reservation } from '../../../sdk/types';
import { Button } from '../../../ui/Button';
import { Dialog, DialogActions } from '../../../ui/Dialog';
import { Notice } from '../../../ui/Notice';
import { Skeleton } from '../../../ui/Skeleton';
import { useCommand } from '../useCommand';

interface Props {
  open: boolean;
  live: LiveRaffle;
  raffle: Raffle;
  reservation: Reservation;
  onClose: () => void;
  onPaying: () => void;
}

/**
 * The last step of choosing, on the choosing's clock: who the numbers are for, and that the clock
 * of paying is a shorter one.
 */
export function BeforePaying({ open, live, raffle, reservation, onClose, onPaying }: Props) {
  const { t } = useLingui();
  const format = useFormat();
  const { contact, keep } = useContact();
  const [editing, setEditing] = useState(false);
  const { busy, refusal, run } = useCommand();
  const checkoutMs = raffle.checkout_seconds * 1000;
  const shorter = open && serverClock.until(reservation.expires_at) > checkoutMs;
  const asking = editing || !contact;

  async function pay(): Promise<void> {
    const outcome = await run(() => live.checkout());
    if (outcome?.ok) onPaying();
  }

  async function kept(next: Contact): Promise<void> {
    keep(next);
    setEditing(false);
    await pay();
  }

  const warnings = (
    <>
      {shorter && (
        <Notice icon="clock">
          {t`Para pagar tendrá ${format.duration(checkoutMs)}. Si todavía quiere escoger, siga en el tablero: ahora le queda más tiempo.`}
        </Notice>
      )}
      {refusal && <Notice tone="danger">{refusal}</Notice>}
    </>
  );

  return (
    <Dialog open={open} title={t`Antes de pagar`} onClose={onClose}>
      {contact === undefined ? (
        <Skeleton height="12rem" />
      ) : asking ? (
        <>
          <p>{t`¿A nombre de quién van los números? Así podemos avisarle.`}</p>
          <ContactForm known={contact} submit={t`Ir a pagar`} onKept={kept}>
            {warnings}
          </ContactForm>
        </>
      ) : (
        <>
          <ContactSummary contact={contact} onEdit={() => setEditing(true)} />
          {warnings}
          <DialogActions>
            <Button look="primary" busy={busy} onClick={pay}>
              {t`Ir a pagar`}
            </Button>
            <Button onClick={onClose}>{t`Seguir escogiendo`}</Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}
