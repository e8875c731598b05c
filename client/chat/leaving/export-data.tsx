import { useState } from 'react';
import { fetchExport } from './export.ts';

/** All that is kept of the viewer, as a file to take away. */
export function ExportData() {
  const [isBusy, setBusy] = useState(false);
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<string | null>(null);

  async function save() {
    setBusy(true);
    setNote('');
    setProblem(null);
    const file = await fetchExport();
    setBusy(false);
    if (typeof file === 'string') return setProblem(file);
    const address = URL.createObjectURL(file);
    Object.assign(document.createElement('a'), { href: address, download: 'parley-account.ndjson' }).click();
    // The browser has begun to read it by then; it keeps what it reads.
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    setNote('The file is saved with your downloads.');
  }

  return (
    <>
      <p className="aside">
        A file of what is kept of you: your profile, messages, rooms, devices, tokens and bots, as lines of JSON.
        Passwords and keys are not in it.
      </p>
      <div className="buttons">
        <button type="button" disabled={isBusy} onClick={() => void save()}>
          {isBusy ? 'One moment…' : 'Download your data'}
        </button>
      </div>
      <p className="problem" role="alert">
        {problem}
      </p>
      <p className="saved" role="status">
        {note}
      </p>
    </>
  );
}
