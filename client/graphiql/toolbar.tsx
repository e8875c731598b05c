import { ToolbarButton, ToolbarMenu, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useRef, useState } from 'react';
import { examples } from './examples.ts';
import { linkTo, type SharedQuery } from './link.ts';
import { variablesWith } from './tabs.ts';

/** Copies a link to the active tab; where the browser gives no clipboard (plain http), the link stands in the address bar. */
export function CopyLinkButton() {
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const operationName = useGraphiQL((state) => state.operationName);
  const [said, say] = useMomentaryText();

  async function copy() {
    const link = linkTo(
      {
        query: queryEditor?.getValue() ?? '',
        variables: variableEditor?.getValue() ?? null,
        operationName: operationName ?? null,
      },
      window.location.href,
    );
    window.history.replaceState(null, '', link);
    try {
      await navigator.clipboard.writeText(link);
      say('Link copied');
    } catch {
      say('The link is in the address bar');
    }
  }

  return (
    <>
      <ToolbarButton label="Copy link" onClick={() => void copy()}>
        <LinkIcon />
      </ToolbarButton>
      <output className="toolbar-said">{said}</output>
    </>
  );
}

/** Sets `after` in the variables of the active tab to the newest log cursor that this page has seen. */
export function NewestCursorButton({ newestCursor }: { newestCursor: () => string | null }) {
  const variableEditor = useGraphiQL((state) => state.variableEditor);

  function insert() {
    const cursor = newestCursor();
    if (cursor !== null) variableEditor?.setValue(variablesWith(variableEditor.getValue(), cursor));
  }

  return (
    <ToolbarButton label="Newest cursor: set the variable “after” to it" onClick={insert}>
      <CursorIcon />
    </ToolbarButton>
  );
}

/** One example per root field of the schema; opens the one picked in a tab. */
export function ExamplesMenu() {
  const tabs = useGraphiQL((state) => state.tabs);
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const { addTab, changeTab, stop } = useGraphiQLActions();

  function open(query: string) {
    const index = tabs.findIndex((tab) => tab.query === query);
    if (index >= 0) return changeTab(index);
    // A subscription that ran on would write its items into the new tab.
    stop();
    addTab();
    queryEditor?.setValue(query);
  }

  return (
    <ToolbarMenu
      button={
        <ToolbarButton label="Examples">
          <ExamplesIcon />
        </ToolbarButton>
      }
    >
      {examples.map((example) => (
        <ToolbarMenu.Item key={example.name} onSelect={() => open(example.query)}>
          {example.name.replace('-', ' ')}
        </ToolbarMenu.Item>
      ))}
    </ToolbarMenu>
  );
}

/** Wraps long lines in the editor: the comments of the examples are sentences. Shows nothing. */
export function WrappedLines() {
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  useEffect(() => queryEditor?.updateOptions({ wordWrap: 'on' }), [queryEditor]);
  return null;
}

/** Picks the operation that a link names, once, when its document holds several. Shows nothing. */
export function LinkedOperation({ shared }: { shared: SharedQuery | null }) {
  const operations = useGraphiQL((state) => state.operations);
  const { setOperationName } = useGraphiQLActions();
  const isDone = useRef(shared?.operationName == null);

  useEffect(() => {
    const name = shared?.operationName;
    if (isDone.current || name == null || !operations?.some((operation) => operation.name?.value === name)) return;
    isDone.current = true;
    setOperationName(name);
  }, [shared, operations, setOperationName]);
  return null;
}

/** A text that goes away by itself after three seconds. */
function useMomentaryText(): [string, (text: string) => void] {
  const [text, setText] = useState('');
  useEffect(() => {
    if (text === '') return;
    const timeout = setTimeout(() => setText(''), 3000);
    return () => clearTimeout(timeout);
  }, [text]);
  return [text, setText];
}

const LinkIcon = () => <Icon path="M8 12l4-4M9 6l2-2a3.5 3.5 0 0 1 5 5l-2 2M11 14l-2 2a3.5 3.5 0 0 1-5-5l2-2" />;
const CursorIcon = () => <Icon path="M3 5h7M3 10h5M3 15h7M17 10h-6M13.5 7.5L11 10l2.5 2.5" />;
const ExamplesIcon = () => <Icon path="M4 3h12v14H4zM7 7h6M7 10h6M7 13h3" />;

function Icon({ path }: { path: string }) {
  return (
    <svg
      className="graphiql-toolbar-icon"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.5}
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d={path} />
    </svg>
  );
}
