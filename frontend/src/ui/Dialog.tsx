import { useLingui } from '@lingui/react/macro';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { IconButton } from './Button';
import styles from './Dialog.module.css';

interface Props {
  open: boolean;
  title: string;
  /** The person closed it: by the button, the key Escape, or a tap beside it. */
  onClose: () => void;
  children: ReactNode;
}

/**
 * A modal dialog: a sheet from below on phones, a card in the middle elsewhere. The browser keeps
 * the focus inside, and gives it back.
 */
export function Dialog({ open, title, onClose, children }: Props) {
  const { t } = useLingui();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const titleId = useId();

  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (open && !element.open) {
      element.showModal();
      // Not the button that closes: the title says what this is about.
      heading.current?.focus();
    }
    if (!open && element.open) element.close();
  }, [open]);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it too, and the browser sees to that.
    <dialog
      ref={dialog}
      className={styles.dialog}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // Some browsers close it at a second Escape, whatever `cancel` was told. The event comes late:
      // it may have been opened again meanwhile.
      onClose={() => {
        if (open && !dialog.current?.open) onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      {open && (
        <div className={styles.body}>
          <div className={styles.head}>
            <h2 ref={heading} id={titleId} tabIndex={-1} className={styles.title}>
              {title}
            </h2>
            <IconButton icon="close" label={t`Cerrar`} onClick={onClose} />
          </div>
          {children}
        </div>
      )}
    </dialog>
  );
}

/** The buttons at the foot of a dialog; the first is the one that leads on. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}
