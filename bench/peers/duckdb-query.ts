/**
 * The process that is measured as DuckDB: `duckdb-query THREADS SCRATCH STATEMENT...`, or
 * `--version`. It is compiled to JavaScript before the first run, so that nobody pays for that.
 */

/** What it uses of DuckDB's package, which is not installed where types are checked. */
interface DuckdbModule {
  readonly DuckDBInstance: {
    create(path: string, options: Readonly<Record<string, string>>): Promise<Instance>;
  };
  version(): string;
}
interface Instance {
  connect(): Promise<{ run(sql: string): Promise<unknown> }>;
}

const PACKAGE: string = "@duckdb/node-api";
const duckdb = (await import(PACKAGE)) as DuckdbModule;
const [threads, scratch, ...statements] = process.argv.slice(2);

if (threads === "--version" || threads === undefined || scratch === undefined) {
  console.log(duckdb.version());
} else {
  const options = { threads, temp_directory: scratch };
  const instance = await duckdb.DuckDBInstance.create(":memory:", options);
  const connection = await instance.connect();
  for (const statement of statements) await connection.run(statement);
}
