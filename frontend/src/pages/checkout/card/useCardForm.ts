import { useLingui } from '@lingui/react';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { type CardForm, type CardKeys, openCardForm } from './cardForm';
import { isCheckoutDocument, watchRefusal } from './permission';

export type CardState =
  | { at: 'loading' | 'paying' | 'sent' | 'failed' }
  /** `problem`: why the last try came to nothing. */
  | { at: 'ready'; problem: { message: string } | 'unknown' | null };

interface CardFormControl {
  state: CardState;
  /** Where the fields are shown. */
  place: RefObject<HTMLDivElement | null>;
  /** Takes one tap at a time. */
  pay: () => Promise<void>;
  /** Opens the fields once more after `failed`. */
  again: () => void;
}

/** The fields of one payment for as long as they are shown; after each try to pay `refresh` is called. */
export function useCardForm(
  keys: CardKeys,
  reservationId: string,
  refresh: () => void,
): CardFormControl {
  const language = useLingui().i18n.locale;
  const [state, setState] = useState<CardState>({ at: 'loading' });
  const [attempt, setAttempt] = useState(0);
  const place = useRef<HTMLDivElement>(null);
  const form = useRef<CardForm | null>(null);
  const isPaying = useRef(false);
  const isRefused = useRef(false);
  const { publishableKey, clientSecret } = keys;

  useEffect(() => {
    if (!isCheckoutDocument()) {
      location.reload();
      return;
    }
    const closing = new AbortController();
    const { signal } = closing;
    watchRefusal(() => {
      isRefused.current = true;
    }, signal);
    if (place.current) {
      openCardForm(place.current, { publishableKey, clientSecret }, language, signal).then(
        (opened) => {
          form.current = opened;
          setState({ at: 'ready', problem: null });
        },
        (error: unknown) => {
          if (signal.aborted) return;
          console.warn('The card fields did not open.', error);
          closing.abort();
          setState({ at: 'failed' });
        },
      );
    }
    return () => {
      form.current = null;
      closing.abort();
    };
  }, [publishableKey, clientSecret, attempt]);

  useEffect(() => form.current?.speak(language), [language]);

  async function pay(): Promise<void> {
    if (!form.current || isPaying.current) return;
    isPaying.current = true;
    setState({ at: 'paying' });
    try {
      const outcome = await form.current.pay(`${location.origin}/checkout/${reservationId}`);
      if (outcome.kind === 'sent') setState({ at: 'sent' });
      else if (outcome.kind === 'incomplete') setState({ at: 'ready', problem: null });
      else setState({ at: 'ready', problem: outcome.kind === 'refused' ? outcome : 'unknown' });
    } catch (error) {
      setState({ at: 'ready', problem: 'unknown' });
      reportError(error);
    } finally {
      isPaying.current = false;
      refresh();
    }
  }

  function again(): void {
    // A policy cannot be changed in an open page, and a new one may come with a new document.
    if (isRefused.current) {
      location.reload();
      return;
    }
    setState({ at: 'loading' });
    setAttempt((n) => n + 1);
  }

  return { state, place, pay, again };
}
