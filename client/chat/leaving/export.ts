import { plainRequest } from '../live/plain-request.ts';

const refusals = {
  RATE_LIMITED: 'You had this a while ago, or others are being served just now. Try again later.',
};
/** Longer than the last line ever is. */
const lastLineBytes = 200;

/** All that the server keeps of the viewer, as a file: lines of JSON (docs/export.md). Or why there is none, as a sentence. */
export async function fetchExport(): Promise<Blob | string> {
  const answer = await plainRequest('/account/export', {}, refusals);
  if (typeof answer === 'string') return answer;
  try {
    const file = await answer.blob();
    return (await isWhole(file)) ? file : 'The file broke off. Try again.';
  } catch {
    return 'The file broke off. Try again.';
  }
}

/** Only its last line says that nothing is missing. Throws where that is no JSON. */
async function isWhole(file: Blob): Promise<boolean> {
  const end = await file.slice(-lastLineBytes).text();
  const { kind } = JSON.parse(end.trimEnd().split('\n').at(-1) ?? '') as { readonly kind?: string };
  return kind === 'end';
}
