import { t } from '@lingui/core/macro';
import { Component, type ErrorInfo, type ReactNode } from 'react';
import { Button, buttonClass } from '../ui/Button';
import { Blank } from '../ui/Notice';

/** Shows a way out when a page breaks, also when its code could not be loaded. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null as unknown };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error: error ?? new Error('unknown') };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    console.error('A page broke.', error, info.componentStack);
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return (
      <div role="alert">
        <Blank page icon="warning" title={t`Esta pantalla falló`}>
          <p>{t`Lo que ya apartó sigue guardado en el servidor. Intente de nuevo o vuelva al inicio.`}</p>
          <Button look="primary" onClick={() => this.setState({ error: null })}>
            {t`Intentar de nuevo`}
          </Button>
          {/* A real navigation: whatever broke is left behind. */}
          <a href="/" className={buttonClass('quiet')}>
            {t`Ir al inicio`}
          </a>
        </Blank>
      </div>
    );
  }
}
