import { useLingui } from '@lingui/react/macro';
import { useEffect, useState } from 'react';
import { ApiError } from '../../../sdk/errors';
import { deskService } from '../../../sdk/services/deskService';
import { Dialog } from '../../../ui/Dialog';
import { Icon } from '../../../ui/Icon';
import styles from './ReceiptPictures.module.css';

/** The pictures that a buyer has sent: small in a row, each large when it is tapped. */
export function ReceiptPictures({ paymentId, count }: { paymentId: string; count: number }) {
  return (
    <ul className={styles.pictures}>
      {Array.from({ length: count }, (_, place) => (
        <li key={place}>
          <Picture paymentId={paymentId} n={place + 1} />
        </li>
      ))}
    </ul>
  );
}

function Picture({ paymentId, n }: { paymentId: string; n: number }) {
  const { t } = useLingui();
  const [large, setLarge] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const url = usePicture(paymentId, n, attempt);
  const name = t`Comprobante ${n}`;
  return (
    <>
      <button
        type="button"
        className={styles.thumbnail}
        aria-label={
          url === 'failed' ? t`Cargar de nuevo el comprobante ${n}` : t`Ver comprobante ${n}`
        }
        onClick={() => (url === 'failed' ? setAttempt(attempt + 1) : setLarge(true))}
      >
        {url === 'failed' && <Icon name="warning" />}
        {url !== null && url !== 'failed' && <img src={url} alt="" />}
      </button>
      <Dialog open={large} title={name} onClose={() => setLarge(false)}>
        {url !== null && url !== 'failed' && (
          <img className={styles.large} src={url} alt={t`Lo que envió quien compra`} />
        )}
      </Dialog>
    </>
  );
}

/**
 * The address of a picture that only its bearer may fetch: null while it comes. It is given back when
 * nobody shows it any more, or the browser would keep the bytes until the page is left.
 */
function usePicture(paymentId: string, n: number, attempt: number): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    let left = false;
    let made: string | null = null;
    setUrl(null);
    deskService.picture(paymentId, n).then(
      (bytes) => {
        if (left) return;
        made = URL.createObjectURL(bytes);
        setUrl(made);
      },
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        if (!left) setUrl('failed');
      },
    );
    return () => {
      left = true;
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [paymentId, n, attempt]);
  return url;
}
