/** By which a browser is known that has signed in before, also while nobody is signed in: see KnownPlaces. It lets nobody in. */
export const DEVICE_COOKIE = 'parley_device';

/** 400 days, the longest that browsers keep a cookie. */
const KEPT_SECONDS = 34_560_000;

export function deviceCookie(value: string, isSecure: boolean): string {
  const attributes = [
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    `Max-Age=${KEPT_SECONDS}`,
    ...(isSecure ? ['Secure'] : []),
  ];
  return [`${DEVICE_COOKIE}=${value}`, ...attributes].join('; ');
}
