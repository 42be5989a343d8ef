import { useLingui } from '@lingui/react/macro';
import { Dialog } from '../ui/Dialog';
import styles from './KeysDialog.module.css';

/** All keys of the board. */
export function KeysDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useLingui();
  const keys: [string, string][] = [
    [t`Flechas`, t`Un número a un lado, arriba o abajo`],
    [t`Inicio, Fin`, t`Al comienzo o al final de la fila`],
    [t`Ctrl + Inicio, Ctrl + Fin`, t`Al primero o al último número`],
    [t`Re Pág, Av Pág`, t`Una pantalla arriba o abajo`],
    [t`Espacio, Entrar`, t`Apartar el número, o soltarlo`],
    [t`Menú`, t`Detalles del número`],
    ['/', t`Buscar un número`],
    ['?', t`Esta ayuda`],
  ];
  return (
    <Dialog open={open} title={t`Teclas del tablero`} onClose={onClose}>
      <dl className={styles.keys}>
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
