/** Who is online as one node knows it, by the node that says so. Who is on several nodes is online while on one of them. */
export class People {
  readonly #byNode = new Map<string, Set<string>>();
  /** On how many nodes each person is. */
  readonly #nodesOf = new Map<string, number>();
  readonly #watchers = new Set<(userId: string) => void>();

  add(node: string, userId: string): void {
    const people = this.#byNode.get(node) ?? new Set();
    this.#byNode.set(node, people);
    if (people.has(userId)) return;
    people.add(userId);
    const nodes = (this.#nodesOf.get(userId) ?? 0) + 1;
    this.#nodesOf.set(userId, nodes);
    if (nodes === 1) this.#tell(userId);
  }

  delete(node: string, userId: string): void {
    const people = this.#byNode.get(node);
    if (!people?.delete(userId)) return;
    if (people.size === 0) this.#byNode.delete(node);
    const nodes = (this.#nodesOf.get(userId) ?? 0) - 1;
    if (nodes > 0) {
      this.#nodesOf.set(userId, nodes);
      return;
    }
    this.#nodesOf.delete(userId);
    this.#tell(userId);
  }

  /** All people of a node; who stays is not told of. */
  replace(node: string, userIds: ReadonlySet<string>): void {
    for (const userId of this.of(node)) if (!userIds.has(userId)) this.delete(node, userId);
    for (const userId of userIds) this.add(node, userId);
  }

  of(node: string): readonly string[] {
    return [...(this.#byNode.get(node) ?? [])];
  }

  isOnline(userId: string): boolean {
    return this.#nodesOf.has(userId);
  }

  online(): Iterable<string> {
    return this.#nodesOf.keys();
  }

  watch(onChange: (userId: string) => void): () => void {
    // An own function each time: who watches twice stops twice.
    const watcher = (userId: string) => onChange(userId);
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  get size(): { readonly people: number; readonly nodes: number; readonly watchers: number } {
    return { people: this.#nodesOf.size, nodes: this.#byNode.size, watchers: this.#watchers.size };
  }

  #tell(userId: string): void {
    for (const watcher of this.#watchers) watcher(userId);
  }
}
