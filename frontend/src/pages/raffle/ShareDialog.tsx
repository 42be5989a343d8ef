import { useLingui } from '@lingui/react/macro';
import { Button, buttonClass } from '../../ui/Button';
import { Dialog, DialogActions } from '../../ui/Dialog';
import { TextField } from '../../ui/Field';
import { useCopiedLink } from '../../ui/useCopiedLink';
import { whatsAppLink } from './share';

interface Props {
  open: boolean;
  url: string;
  /** What stands before the link. */
  text: string;
  onClose: () => void;
}

/** Our own way to share, for devices that have none: by WhatsApp, or a copied link. */
export function ShareDialog({ open, url, text, onClose }: Props) {
  const { t } = useLingui();
  const { copied, copy } = useCopiedLink(url);

  return (
    <Dialog open={open} title={t`Compartir`} onClose={onClose}>
      <TextField
        label={t`Enlace`}
        readOnly
        value={url}
        onFocus={(event) => event.currentTarget.select()}
      />
      <DialogActions>
        <a
          className={buttonClass('primary')}
          href={whatsAppLink(`${text} ${url}`)}
          target="_blank"
          rel="noreferrer"
        >
          WhatsApp
        </a>
        <Button icon={copied ? 'check' : 'copy'} onClick={copy}>
          {copied ? t`Copiado` : t`Copiar enlace`}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
