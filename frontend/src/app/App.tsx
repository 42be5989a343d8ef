import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { Route, Switch, useLocation } from 'wouter';
import { RafflePage } from '../pages/raffle/RafflePage';
import { ErrorBoundary } from './ErrorBoundary';
import { lazyPage } from './lazy';
import { NotFoundPage } from './NotFoundPage';
import { Shell } from './Shell';

const RaffleListPage = lazyPage(
  async () => (await import('../pages/list/RaffleListPage')).RaffleListPage,
);
const CheckoutPage = lazyPage(
  async () => (await import('../pages/checkout/CheckoutPage')).CheckoutPage,
);
const MyNumbersPage = lazyPage(
  async () => (await import('../pages/my-numbers/MyNumbersPage')).MyNumbersPage,
);
const TicketPage = lazyPage(async () => (await import('../pages/ticket/TicketPage')).TicketPage);
const OrganizerPage = lazyPage(
  async () => (await import('../pages/organizer/OrganizerPage')).OrganizerPage,
  false,
);

/** The whole client: one shell, and a page for each address. */
export function App() {
  return (
    <I18nProvider i18n={i18n}>
      <Shell>
        <Pages />
      </Shell>
    </I18nProvider>
  );
}

function Pages() {
  const [path] = useLocation();
  return (
    // A page that broke is left behind with its address.
    <ErrorBoundary key={path}>
      <Switch>
        <Route path="/">
          <RaffleListPage />
        </Route>
        <Route path="/r/:raffleId">{({ raffleId }) => <RafflePage raffleId={raffleId} />}</Route>
        <Route path="/checkout/:reservationId">
          {({ reservationId }) => <CheckoutPage reservationId={reservationId} />}
        </Route>
        <Route path="/boleto/:code">{({ code }) => <TicketPage code={code} />}</Route>
        <Route path="/mis-numeros">
          <MyNumbersPage />
        </Route>
        <Route path="/organizar">
          <OrganizerPage />
        </Route>
        <Route>
          <NotFoundPage />
        </Route>
      </Switch>
    </ErrorBoundary>
  );
}
