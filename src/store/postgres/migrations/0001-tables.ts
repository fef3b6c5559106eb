/** The first tables. Keys compare by their bytes, whatever the database's collation; payloads are compressed already. */
export const CREATE_TABLES = `
  create table millrace.spaces (
    id integer generated always as identity primary key,
    name text collate "C" not null unique
  );

  create table millrace.documents (
    space integer not null,
    key text collate "C" not null,
    value text not null,
    primary key (space, key)
  ) with (fillfactor = 80);

  create table millrace.outputs (
    collection text collate "C" not null,
    through bigint not null,
    after bigint not null,
    appended_at bigint not null,
    payload bytea not null,
    primary key (collection, through)
  );
  alter table millrace.outputs alter column payload set storage external;

  create table millrace.checkpoints (
    task text primary key,
    position bigint not null
  );

  create table millrace.owners (
    partition text primary key,
    fence bigint not null
  );

  create table millrace.cursors (
    name text primary key,
    value text not null
  );
`
