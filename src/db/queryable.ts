/** Where SQL goes: a pool, a connection or a snapshot. Rows as node-postgres gives them. */
export interface Queryable {
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}
