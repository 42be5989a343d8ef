import { t } from '@lingui/core/macro';
import { useLingui } from '@lingui/react';
import { useEffect, useRef } from 'react';
import { useFormat } from '../../i18n/useFormat';
import { announce } from '../../ui/announce';
import { Button, buttonClass } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import type { Banner } from './banner';
import styles from './ConnectionBanner.module.css';

const FORBIDDEN = 4403;

interface Props {
  banner: Banner;
  /** The board on the screen may no longer be true. */
  outdated: boolean;
  /** `Date.now()` when the board on the screen was seen, if that was on an earlier visit. */
  seenAt?: number | null;
  /** Lies over what follows, and stays in sight. False: stands where it is put. */
  floating?: boolean;
  onRetry: () => void;
}

/** Says in words what the connection does, and what one can do. Nothing while all is well. */
export function ConnectionBanner({
  banner,
  outdated,
  seenAt = null,
  floating = true,
  onRetry,
}: Props) {
  useLingui();
  const format = useFormat();
  const told = useRef<Banner['kind']>('hidden');

  useEffect(() => {
    if (banner.kind === told.current) return;
    told.current = banner.kind;
    announce(spoken(banner));
  }, [banner]);

  if (banner.kind === 'hidden') return null;
  const calm = banner.kind === 'maintenance';
  return (
    <section
      className={
        floating ? `${styles.place} ${banner.kind === 'blocked' ? '' : styles.over}` : undefined
      }
      aria-label={t`Conexión`}
    >
      <div className={styles.banner}>
        <Icon name={banner.kind === 'offline' ? 'offline' : calm ? 'clock' : 'warning'} />
        <div className={styles.text}>
          <p className={styles.words}>{words(banner)}</p>
          {banner.kind === 'offline' && <p>{t`Lo que ya apartó sigue guardado.`}</p>}
          {seenAt !== null ? (
            <p>{t`El tablero es de hace ${format.duration(Date.now() - seenAt)}.`}</p>
          ) : (
            outdated && <p>{t`El tablero puede estar desactualizado.`}</p>
          )}
        </div>
        {banner.kind === 'blocked' && banner.code !== FORBIDDEN && (
          // A real navigation, which also brings a newer version of this page.
          <a href={location.pathname} className={buttonClass('plain', true)}>
            {t`Abrir de nuevo`}
          </a>
        )}
        {banner.kind !== 'blocked' && !calm && (
          <Button small onClick={onRetry}>
            {t`Ahora`}
          </Button>
        )}
      </div>
    </section>
  );
}

function words(banner: Exclude<Banner, { kind: 'hidden' }>): string {
  switch (banner.kind) {
    case 'reconnecting':
      return banner.seconds ? t`Reconectando en ${banner.seconds} s` : t`Reconectando…`;
    case 'offline':
      return t`Sin conexión`;
    case 'maintenance':
      return banner.seconds
        ? t`Servidor en mantenimiento. Volvemos en ${banner.seconds} s.`
        : t`Servidor en mantenimiento. Volvemos enseguida.`;
    case 'blocked':
      return blocked(banner.code);
  }
}

function blocked(code: number | null): string {
  switch (code) {
    case 4401:
      return t`Su sesión ya no es válida.`;
    case FORBIDDEN:
      return t`No tiene permiso para ver este sorteo.`;
    case 4404:
      return t`Este sorteo ya no existe.`;
    default:
      return t`Esta página quedó antigua.`;
  }
}

/** For the ear: without the seconds, which would be old before they are said. */
function spoken(banner: Banner): string {
  switch (banner.kind) {
    case 'hidden':
      return t`En vivo otra vez.`;
    case 'reconnecting':
      return t`Reconectando…`;
    case 'maintenance':
      return t`Servidor en mantenimiento. Volvemos enseguida.`;
    default:
      return words(banner);
  }
}
