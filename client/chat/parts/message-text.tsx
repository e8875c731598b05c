import { partsOf } from '../state/links.ts';

/** The text of a message, with its addresses as links. They open beside the chat, and learn nothing of it. */
export function MessageText({ text }: { text: string }) {
  let at = 0;
  return partsOf(text).map((part) => {
    const key = at;
    at += part.text.length;
    if (part.href === null) return part.text;
    return (
      <a key={key} href={part.href} target="_blank" rel="noopener noreferrer">
        {part.text}
      </a>
    );
  });
}
