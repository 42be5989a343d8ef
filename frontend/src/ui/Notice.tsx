import type { ReactNode } from 'react';
import { Heading } from './Heading';
import { Icon, type IconName } from './Icon';
import styles from './Notice.module.css';

type Tone = 'info' | 'ok' | 'warn' | 'danger';

/** A few sentences that matter, with their icon, where one is. */
export function Notice({
  tone = 'info',
  icon,
  children,
}: {
  tone?: Tone;
  icon?: IconName;
  children: ReactNode;
}) {
  return (
    <div className={`${styles.notice} ${styles[tone]}`}>
      <Icon name={icon ?? ICONS[tone]} size={22} />
      <div className={styles.text}>{children}</div>
    </div>
  );
}

const ICONS: Record<Tone, IconName> = {
  info: 'info',
  ok: 'check',
  warn: 'warning',
  danger: 'warning',
};

/**
 * Fills a place where something would be: nothing yet, not found, not loaded. With `page` it is all
 * there is, and its title is the page's heading.
 */
export function Blank({
  icon,
  title,
  page = false,
  children,
}: {
  icon: IconName;
  title: string;
  page?: boolean;
  children?: ReactNode;
}) {
  return (
    <div className={styles.blank}>
      <span className={styles.medal}>
        <Icon name={icon} size={30} />
      </span>
      {page ? (
        <Heading name={title} className={styles.title} />
      ) : (
        <h2 className={styles.title}>{title}</h2>
      )}
      {children}
    </div>
  );
}
