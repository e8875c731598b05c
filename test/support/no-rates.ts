import type { BucketName, TransportSettings } from '../../src/transport/settings.ts';
import { defaultTransportSettings } from '../../src/transport/settings.ts';

/** Settings whose buckets hold these counts for an hour, and the others what they hold by default. */
export function transport(counts: Partial<Record<BucketName, number>>): Pick<TransportSettings, 'rates'> {
  const given = Object.entries(counts).map(([name, count]) => [name, { count, windowMs: 3_600_000 }]);
  return { rates: { ...defaultTransportSettings.rates, ...Object.fromEntries(given) } };
}
