import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

const container = document.getElementById('chat');
if (container === null) throw new Error('index.html has no #chat');
createRoot(container).render(<App />);
