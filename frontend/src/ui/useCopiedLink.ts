import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { announce } from './announce';

interface CopiedLink {
  /** Null before it was tried; false where it is not allowed: show the link, to be copied by hand. */
  copied: boolean | null;
  copy: () => Promise<void>;
}

/** A link that can be copied, and whether it was. */
export function useCopiedLink(url: string): CopiedLink {
  const { t } = useLingui();
  const [copied, setCopied] = useState<boolean | null>(null);

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(url);
      setCopied(true);
      announce(t`Enlace copiado`);
    } catch {
      setCopied(false);
    }
  }

  return { copied, copy };
}
