import { useLingui } from '@lingui/react/macro';
import { type ReactNode, useEffect, useRef } from 'react';
import { arrivedByLink } from '../app/arrival';

/**
 * The one heading of a page. It names the document, and after a change of route it takes the focus,
 * so that a screen reader tells where one is.
 *
 * `name` is the document's title, for when `children` are not plain text.
 */
export function Heading({
  name,
  className,
  children,
}: {
  name: string;
  className?: string | undefined;
  children?: ReactNode;
}) {
  const { t } = useLingui();
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    document.title = t`${name} · Sorteos`;
  }, [name, t]);

  useEffect(() => {
    if (arrivedByLink()) heading.current?.focus({ preventScroll: true });
  }, []);

  return (
    <h1 ref={heading} tabIndex={-1} className={className}>
      {children ?? name}
    </h1>
  );
}
