import 'graphiql/style.css';
import { GraphiQL } from 'graphiql';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import { exampleQuery, openAtFirst, resumeExample } from './examples.ts';
import { makeFetcher } from './fetcher.ts';
import { type Arrival, arrive, enterAnew, whoAmI } from './guest.ts';
import { queryFromLink } from './link.ts';
import { parley } from './parley.ts';
import { openingTabs, tabsStorageKey } from './tabs.ts';
import { CopyLinkButton, ExamplesMenu, LinkedOperation, NewestCursorButton, WrappedLines } from './toolbar.tsx';
import { Who } from './who.tsx';
import { quietWorkers } from './workers.ts';

quietWorkers();

const firstArrival = await arrive();
const shared = queryFromLink(window.location.href);
const opening = openingTabs({
  stored: localStorage.getItem(tabsStorageKey),
  examples: openAtFirst.map(exampleQuery),
  resumeQuery: exampleQuery(resumeExample),
  after: firstArrival.after,
  shared,
});
// GraphiQL knows a first query or stored tabs, not both with one in front: so the tabs are put where it looks for them.
localStorage.setItem(tabsStorageKey, JSON.stringify(opening));
const front = opening.tabs[opening.activeTabIndex];

let newestCursor = firstArrival.after;
let tellPersonChanged = () => {};
const fetcher = makeFetcher(parley, {
  onCursor: (cursor) => {
    newestCursor = cursor;
  },
  onPersonChanged: () => tellPersonChanged(),
});

function Page() {
  const [arrival, setArrival] = useState(firstArrival);
  const [isBusy, setBusy] = useState(false);

  async function become(arriving: Promise<Arrival>) {
    setBusy(true);
    setArrival(await arriving);
    parley.socket.reopen();
    setBusy(false);
  }
  tellPersonChanged = () => void become(whoAmI());

  return (
    <GraphiQL
      fetcher={fetcher}
      initialQuery={front?.query ?? ''}
      initialVariables={front?.variables ?? ''}
      defaultEditorToolsVisibility="variables"
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>
        <Who arrival={arrival} isBusy={isBusy} onEnterAnew={() => void become(enterAnew())} />
      </GraphiQL.Logo>
      <GraphiQL.Toolbar>
        {({ prettify, merge, copy }) => (
          <>
            {prettify}
            {merge}
            {copy}
            <CopyLinkButton />
            <NewestCursorButton newestCursor={() => newestCursor} />
            <ExamplesMenu />
          </>
        )}
      </GraphiQL.Toolbar>
      <WrappedLines />
      <LinkedOperation shared={shared} />
    </GraphiQL>
  );
}

const container = document.getElementById('graphiql');
if (container === null) throw new Error('graphiql.html has no #graphiql');
createRoot(container).render(<Page />);
