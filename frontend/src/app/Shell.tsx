import { Trans, useLingui } from '@lingui/react/macro';
import { type ReactNode, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { UpdateNotice } from '../offline/UpdateNotice';
import { useValue } from '../sdk/hooks/useValue';
import { IconButton } from '../ui/Button';
import { Icon, type IconName } from '../ui/Icon';
import { useArrival } from './arrival';
import { BrandMark } from './BrandMark';
import { ConnectionDot } from './ConnectionDot';
import { lazyPart, Once } from './lazy';
import styles from './Shell.module.css';
import { shownConnection } from './shownConnection';

const Settings = lazyPart(async () => (await import('./Settings')).Settings);

/** What stands around every page: the way in, the way out, and how things are. */
export function Shell({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  const [path] = useLocation();
  const [settings, setSettings] = useState(false);
  const connection = useValue(shownConnection);
  useArrival(path);

  // A page with numbers or a clock keeps the foot of a phone's screen for itself.
  const deep = path.startsWith('/r/') || path.startsWith('/checkout/');

  return (
    <div className={`${styles.shell} ${deep ? styles.deep : ''}`}>
      <a href="#main" className={styles.skip}>
        <Trans>Saltar al contenido</Trans>
      </a>
      <header className={styles.header}>
        <div className={styles.row}>
          <Link href="/" className={styles.brand} aria-label={t`Sorteos, inicio`}>
            {deep && (
              <span className={styles.back}>
                <Icon name="back" size={22} />
              </span>
            )}
            <BrandMark />
            <span className={styles.name}>Sorteos</span>
          </Link>
          <nav className={styles.links} aria-label={t`Secciones`}>
            <Sections path={path} />
          </nav>
          <div className={styles.state}>
            {connection && <ConnectionDot connection={connection} />}
          </div>
          <IconButton
            icon="settings"
            label={t`Idioma y apariencia`}
            onClick={() => setSettings(true)}
          />
        </div>
      </header>
      <main id="main" tabIndex={-1} className={styles.main}>
        <UpdateNotice quiet={deep} />
        {children}
      </main>
      {!deep && (
        <nav className={styles.tabs} aria-label={t`Secciones`}>
          <Sections path={path} icons />
        </nav>
      )}
      <Once when={settings}>
        <Settings open={settings} onClose={() => setSettings(false)} />
      </Once>
    </div>
  );
}

function Sections({ path, icons = false }: { path: string; icons?: boolean }) {
  const { t } = useLingui();
  const sections: { href: string; icon: IconName; name: string }[] = [
    { href: '/', icon: 'home', name: t`Inicio` },
    { href: '/mis-numeros', icon: 'numbers', name: t`Mis números` },
  ];
  return sections.map(({ href, icon, name }) => (
    <Link key={href} href={href} aria-current={path === href ? 'page' : undefined}>
      {icons && <Icon name={icon} size={24} />}
      {name}
    </Link>
  ));
}
