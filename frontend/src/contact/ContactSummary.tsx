import { useLingui } from '@lingui/react/macro';
import type { Contact } from '../sdk/types';
import { Button } from '../ui/Button';
import { Icon } from '../ui/Icon';
import styles from './ContactSummary.module.css';
import { spacedPhone } from './contact';

/** Who the numbers are for, and a way to change it. */
export function ContactSummary({ contact, onEdit }: { contact: Contact; onEdit: () => void }) {
  const { t } = useLingui();
  return (
    <div className={styles.summary}>
      <span className={styles.icon}>
        <Icon name="user" size={22} />
      </span>
      <div className={styles.who}>
        <strong>{contact.name}</strong>
        <span>{spacedPhone(contact.phone)}</span>
        {contact.email && <span>{contact.email}</span>}
      </div>
      <Button look="quiet" small onClick={onEdit}>
        {t`Cambiar`}
      </Button>
    </div>
  );
}
