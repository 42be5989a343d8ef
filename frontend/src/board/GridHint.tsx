import { useLingui } from '@lingui/react/macro';

/** How the keys work, in a sentence for those who hear the board. */
export function GridHint({ id }: { id: string }) {
  const { t } = useLingui();
  return (
    <p id={id} className="visually-hidden">
      {t`Flechas para moverse, espacio para apartar o soltar, barra para buscar, signo de pregunta para ver todas las teclas.`}
    </p>
  );
}
