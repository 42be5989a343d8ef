import { useState } from 'react';
import { errorText } from '../../i18n/errors';
import type { Outcome } from '../../sdk/types';
import { announce } from '../../ui/announce';

export interface Command {
  busy: boolean;
  refusal: string | null;
  /** Null when another command is still running. */
  run(command: () => Promise<Outcome>): Promise<Outcome | null>;
}

/** Runs one command at a time; tells whether it runs, and in words why the last one was refused. */
export function useCommand(): Command {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);

  async function run(command: () => Promise<Outcome>): Promise<Outcome | null> {
    if (busy) return null;
    setBusy(true);
    setRefusal(null);
    try {
      const outcome = await command();
      if (!outcome.ok) {
        const text = errorText(outcome.code, outcome.params);
        setRefusal(text);
        announce(text, 'assertive');
      }
      return outcome;
    } finally {
      setBusy(false);
    }
  }

  return { busy, refusal, run };
}
