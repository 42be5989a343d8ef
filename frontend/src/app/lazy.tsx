import { useLingui } from '@lingui/react/macro';
import { type ComponentType, type ReactNode, useEffect, useReducer, useState } from 'react';
import { Notice } from '../ui/Notice';

type Load<P> = () => Promise<ComponentType<P>>;

const ahead: (() => Promise<unknown>)[] = [];

/**
 * A page whose code comes when it is first shown. When it does not come, the error goes to the
 * boundary around it, and mounting it again asks again. `soon` is false for what few people open.
 */
export function lazyPage<P extends object>(load: Load<P>, soon = true): ComponentType<P> {
  const use = loader(load, soon);
  return function LazyPage(props: P) {
    const { t } = useLingui();
    const { Part, failure } = use();
    if (failure) throw failure.error;
    return Part ? <Part {...props} /> : <p role="status">{t`Cargando…`}</p>;
  };
}

/**
 * A part of a page, such as a dialog. When its code does not come, the page goes on without it.
 * `soon` as above.
 */
export function lazyPart<P extends object>(load: Load<P>, soon = true): ComponentType<P> {
  const use = loader(load, soon);
  return function LazyPart(props: P) {
    const { t } = useLingui();
    const { Part, failure } = use();
    if (failure)
      return <Notice tone="warn">{t`Esto no se pudo cargar. Revise su conexión.`}</Notice>;
    return Part ? <Part {...props} /> : null;
  };
}

/** Shows its children from the first time that `when` holds: what is lazy comes when it is wanted. */
export function Once({ when, children }: { when: boolean; children: ReactNode }) {
  const [wanted, setWanted] = useState(when);
  if (when && !wanted) setWanted(true);
  return wanted ? children : null;
}

/** Fetches what is lazy, one after the other, so that a first tap need not wait for it. */
export async function fetchLazyParts(): Promise<void> {
  for (const load of ahead) {
    // What does not come now is asked for again when it is shown.
    await load().catch(() => undefined);
  }
}

function loader<P extends object>(load: Load<P>, soon = true) {
  let loaded: ComponentType<P> | undefined;
  const fetch: Load<P> = async () => {
    loaded ??= await load();
    return loaded;
  };
  if (soon) ahead.push(fetch);

  return function usePart() {
    const [failure, setFailure] = useState<{ error: unknown } | null>(null);
    const [, arrived] = useReducer((n: number) => n + 1, 0);
    useEffect(() => {
      if (!loaded) fetch().then(arrived, (error: unknown) => setFailure({ error }));
    }, []);
    return { Part: loaded, failure };
  };
}
