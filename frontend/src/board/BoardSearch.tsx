import { useLingui } from '@lingui/react/macro';
import { type FormEvent, type RefObject, useState } from 'react';
import { parseQuery } from '../sdk/numbers';
import type { BoardView } from '../sdk/types';
import { announce } from '../ui/announce';
import { IconButton } from '../ui/Button';
import { Icon } from '../ui/Icon';
import styles from './BoardSearch.module.css';
import { cellName } from './cellNames';
import { FoundNumber } from './FoundNumber';
import { PatternMatches } from './PatternMatches';
import { patternName } from './patternName';
import { digitsOf, PATTERNS, patternText } from './patterns';

interface Props {
  board: BoardView | null;
  /** Taps are answered now. */
  ready: boolean;
  input: RefObject<HTMLInputElement | null>;
  /** Shows a number on the board; null takes the pointing away. `asked`: not only typed so far. */
  onShow: (index: number | null, asked: boolean) => void;
  onTake: (index: number) => void;
}

/** Finds a number, or all that begin with, end with or contain some digits. */
export function BoardSearch({ board, ready, input, onShow, onTake }: Props) {
  const { t } = useLingui();
  const [text, setText] = useState('');
  const query = board && parseQuery(text, board.width, board.count);
  const digits = digitsOf(text);

  function search(typed: string, asked: boolean): void {
    setText(typed);
    if (!board) return;
    const found = parseQuery(typed, board.width, board.count);
    // While it is typed "04" may still become "0417".
    const whole = asked || digitsOf(typed).length === board.width;
    if (found?.kind !== 'exact' || !whole) {
      onShow(null, false);
      return;
    }
    onShow(found.index, asked);
    announce(cellName(board.label(found.index), board.cell(found.index)));
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    search(text, true);
  }

  function clear(): void {
    search('', false);
    input.current?.focus();
  }

  return (
    <search className={styles.search}>
      <form className={styles.form} onSubmit={submit}>
        <Icon name="search" />
        <input
          ref={input}
          className={styles.input}
          // The keypad of a telephone has the star.
          type="text"
          inputMode="tel"
          enterKeyHint="search"
          autoComplete="off"
          spellCheck={false}
          maxLength={12}
          disabled={!board}
          value={text}
          aria-label={t`Buscar un número`}
          placeholder={board ? `${board.label(Math.min(board.count - 1, 417))}, 12*, *07` : ''}
          onInput={(event) => search(event.currentTarget.value, false)}
        />
        {text !== '' && <IconButton icon="close" label={t`Borrar la búsqueda`} onClick={clear} />}
      </form>
      {board && text.trim() !== '' && (
        <div className={styles.found}>
          {digits !== '' && digits.length < board.width && (
            <div className={styles.patterns}>
              {PATTERNS.map((pattern) => (
                <button
                  key={pattern}
                  type="button"
                  className={styles.pattern}
                  aria-pressed={query?.kind === pattern}
                  onClick={() => search(patternText(pattern, digits), true)}
                >
                  {patternName(pattern, digits)}
                </button>
              ))}
            </div>
          )}
          {query === null && (
            <p className={styles.none}>
              {t`No existe ese número: van del ${board.label(0)} al ${board.label(board.count - 1)}.`}
            </p>
          )}
          {query?.kind === 'exact' && (
            <FoundNumber
              index={query.index}
              board={board}
              ready={ready}
              onShow={() => onShow(query.index, true)}
              onTake={onTake}
            />
          )}
          {query && query.kind !== 'exact' && (
            <PatternMatches
              key={`${query.kind}${query.digits}`}
              query={query}
              board={board}
              onShow={(index) => onShow(index, true)}
            />
          )}
        </div>
      )}
    </search>
  );
}
