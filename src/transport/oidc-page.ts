import type { ServerResponse } from 'node:http';
import { type ProviderFaultCode, providerFaults } from './oidc-faults.ts';

/** A page without scripts that says why, and leads back. */
export function answerFault(response: ServerResponse, code: ProviderFaultCode, returnTo: string): void {
  const { status, does } = providerFaults[code];
  const text = escaped(does);
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Not signed in</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem; color-scheme: light dark }</style>
<h1>Not signed in</h1>
<p>${text}</p>
<p><code>${code}</code></p>
<p><a href="${escaped(returnTo)}">Back</a></p>
</html>
`;
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' }).end(html);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
