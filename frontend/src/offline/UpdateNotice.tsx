import { useLingui } from '@lingui/react/macro';
import { useValue } from '../sdk/hooks/useValue';
import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';
import { updates } from './updates';

/**
 * Offers a newer version, when there is one. `quiet` where a reload would cost somebody time: while
 * numbers are chosen or paid.
 */
export function UpdateNotice({ quiet }: { quiet: boolean }) {
  const { t } = useLingui();
  const update = useValue(updates);
  if (update === null || quiet) return null;
  return (
    <Notice>
      <p>{t`Hay una versión nueva de esta página.`}</p>
      <div>
        <Button onClick={() => update.apply()}>{t`Actualizar`}</Button>
      </div>
    </Notice>
  );
}
