/** A friendly display name for somebody who gave none: `Guest 4821`, always four digits. */
export function makeGuestName(random: () => number = Math.random): string {
  return `Guest ${1000 + Math.floor(random() * 9000)}`;
}
