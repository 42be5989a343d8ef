import { useLingui } from '@lingui/react/macro';
import { useCallback } from 'react';
import { Link } from 'wouter';
import { errorText } from '../../../i18n/errors';
import { raffleService } from '../../../sdk/services/raffleService';
import { Icon } from '../../../ui/Icon';
import { Notice } from '../../../ui/Notice';
import { MethodSwitches } from './MethodSwitches';
import { MoneyCases } from './MoneyCases';
import { PaymentInbox } from './PaymentInbox';
import styles from './RafflePayments.module.css';
import { ReceivedPayments } from './ReceivedPayments';
import { usePolled } from './usePolled';

const EVERY_MS = 60_000;

/** Everything about the money of one raffle, for who answers for it. */
export function RafflePayments({ raffleId }: { raffleId: string }) {
  const { t } = useLingui();
  const ask = useCallback(() => raffleService.get(raffleId), [raffleId]);
  const { value: raffle, failure } = usePolled(ask, EVERY_MS);
  return (
    <div className={styles.payments}>
      <div>
        <Link href="/organizar" className={styles.back}>
          <Icon name="back" />
          {t`Mis sorteos`}
        </Link>
        <p className={styles.raffle}>{raffle?.title ?? '\u00a0'}</p>
      </div>
      {failure === 'not_found' ? (
        <Notice tone="warn">{errorText(failure)}</Notice>
      ) : (
        <>
          <PaymentInbox raffleId={raffleId} />
          <MoneyCases raffleId={raffleId} />
          {raffle && <ReceivedPayments raffle={raffle} />}
          <MethodSwitches raffleId={raffleId} />
        </>
      )}
    </div>
  );
}
