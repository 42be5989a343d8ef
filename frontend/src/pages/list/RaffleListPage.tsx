import { plural } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { errorText } from '../../i18n/errors';
import type { ErrorCode } from '../../sdk/types';
import { Button } from '../../ui/Button';
import { Heading } from '../../ui/Heading';
import { Icon } from '../../ui/Icon';
import { Blank, Notice } from '../../ui/Notice';
import { RaffleCard, RaffleCardSkeleton } from './RaffleCard';
import styles from './RaffleListPage.module.css';
import { matches } from './search';
import { useRaffles } from './useRaffles';

/** The raffles there are, newest first. */
export function RaffleListPage() {
  const { t } = useLingui();
  const { raffles, hasMore, loading, failure, more, retry } = useRaffles();
  const [query, setQuery] = useState('');
  const found = raffles?.filter((raffle) => matches(raffle.title, query));

  return (
    <div className={styles.page}>
      <div className={styles.intro}>
        <Heading name={t`Sorteos`} className={styles.heading}>
          {t`Escoja su número`}
        </Heading>
        <p className={styles.lead}>
          {t`Vea en vivo cuáles están libres, aparte los suyos y páguelos con calma.`}
        </p>
      </div>
      <label className={styles.search}>
        <Icon name="search" />
        <span className="visually-hidden">{t`Buscar un sorteo por su título`}</span>
        <input
          type="search"
          value={query}
          placeholder={t`Buscar un sorteo`}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
      </label>

      {failure && raffles && <Notice tone="warn">{errorText(failure)}</Notice>}
      {!found && !failure && <Placeholders />}
      {!found && failure && <Failure code={failure} onRetry={retry} />}
      {found && found.length > 0 && (
        <ul className={styles.cards}>
          {found.map((raffle) => (
            <li key={raffle.id}>
              <RaffleCard raffle={raffle} />
            </li>
          ))}
        </ul>
      )}
      {found?.length === 0 && query === '' && (
        <Blank icon="numbers" title={t`Aún no hay sorteos`}>
          <p>{t`Cuando se publique uno, aparecerá aquí.`}</p>
        </Blank>
      )}
      {found?.length === 0 && query !== '' && (
        <Blank icon="search" title={t`Ningún sorteo se llama así`}>
          <Button onClick={() => setQuery('')}>{t`Ver todos`}</Button>
        </Blank>
      )}
      {hasMore && (
        <div className={styles.more}>
          <Button busy={loading} onClick={more}>
            {query === '' ? t`Ver más` : t`Buscar en los demás`}
          </Button>
        </div>
      )}
      <p className="visually-hidden" role="status">
        {found &&
          query !== '' &&
          plural(found.length, {
            one: '# sorteo encontrado',
            many: '# de sorteos encontrados',
            other: '# sorteos encontrados',
          })}
      </p>
    </div>
  );
}

function Placeholders() {
  const { t } = useLingui();
  return (
    <div className={styles.cards} aria-busy="true">
      <p className="visually-hidden">{t`Cargando…`}</p>
      {['a', 'b', 'c', 'd', 'e', 'f'].map((key) => (
        <RaffleCardSkeleton key={key} />
      ))}
    </div>
  );
}

function Failure({ code, onRetry }: { code: ErrorCode; onRetry: () => void }) {
  const { t } = useLingui();
  const offline = code === 'offline';
  return (
    <Blank
      icon={offline ? 'offline' : 'warning'}
      title={offline ? t`Sin conexión` : t`No pudimos cargar los sorteos`}
    >
      <p>{offline ? t`Los sorteos aparecerán cuando vuelva la conexión.` : errorText(code)}</p>
      <Button look="primary" onClick={onRetry}>
        {t`Intentar de nuevo`}
      </Button>
    </Blank>
  );
}
