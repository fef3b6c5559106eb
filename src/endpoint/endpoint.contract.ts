/** The promises of `TableEndpoint`, as tests that every implementation runs unchanged. */
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import type { Json } from '../base/json.ts'
import { unpackKey, type KeyPart } from '../model/key.ts'
import type { Row, SelectedField, TableEndpoint, TableSpec } from './endpoint.ts'

export type EndpointUnderTest = {
  /** A target that nobody has used. */
  createTarget: () => Promise<Target>
}

export type Target = {
  /** An endpoint that is not open yet; any number of them share the target. */
  connect: (owner: string) => TableEndpoint
  /** Runs SQL as a user of the tables would, who knows nothing of Millrace; rows as lists. */
  query: (sql: string) => Promise<unknown[][]>
}

const field = (name: string, role: SelectedField['role'], type: SelectedField['types'][number]): SelectedField => ({
  field: name,
  location: role === 'document' ? '' : `/${name}`,
  role,
  types: [type],
  mayBeNull: role === 'value',
})

const memberships: TableSpec = {
  table: 'memberships',
  source: 'examples/memberships',
  fields: [
    field('vendor', 'key', 'integer'),
    field('user', 'key', 'string'),
    field('member', 'value', 'boolean'),
    field('score', 'value', 'number'),
    field('tags', 'value', 'array'),
    field('visits', 'value', 'integer'),
    field('flow_document', 'document', 'object'),
  ],
}

const profiles: TableSpec = {
  table: 'profiles',
  source: 'examples/profiles',
  fields: [field('user', 'key', 'string'), field('flow_document', 'document', 'object')],
}

const membership = (key: KeyPart[], values: (Json | undefined)[] = [true, 1.5, ['a'], 3], exists = false): Row => ({
  key,
  values,
  document: JSON.stringify({ key, values }),
  exists,
})

const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string })

export function describeTableEndpoint({ createTarget }: EndpointUnderTest): void {
  const open: TableEndpoint[] = []
  afterEach(async () => {
    for (const endpoint of open.splice(0)) await endpoint.close()
  })

  const connect = (target: Target, owner = 'owner') => {
    const endpoint = target.connect(owner)
    open.push(endpoint)
    return endpoint
  }

  /** An open endpoint and its positions. */
  const openOn = async (target: Target, specs: TableSpec[] = [memberships], owner = 'owner') => {
    const endpoint = connect(target, owner)
    return { endpoint, positions: await endpoint.open(specs) }
  }

  test('a new table is empty and at position 0', async () => {
    const { endpoint, positions } = await openOn(await createTarget(), [memberships, profiles])
    expect(positions).toEqual([0, 0])
    expect(await endpoint.load(0, [[1, 'alice']])).toEqual([undefined])
  })

  test('rows and positions of all tables are committed together', async () => {
    const target = await createTarget()
    const { endpoint } = await openOn(target, [memberships, profiles])
    await endpoint.load(0, [[1, 'alice']])
    await endpoint.store(0, [membership([1, 'alice'])])
    await endpoint.store(1, [{ key: ['alice'], values: [], document: '{}', exists: false }])
    expect(await target.query('select count(*) from memberships')).toEqual([[0]])
    await endpoint.commit([7, 9])
    expect(await target.query('select "user" from memberships')).toEqual([['alice']])
    expect(await target.query('select "user" from profiles')).toEqual([['alice']])
    await endpoint.close()
    expect((await openOn(target, [memberships, profiles])).positions).toEqual([7, 9])
  })

  test('rows that were stored without a commit are gone with the endpoint', async () => {
    const target = await createTarget()
    const { endpoint } = await openOn(target)
    await endpoint.store(0, [membership([1, 'alice'])])
    await endpoint.commit([1])
    await endpoint.store(0, [membership([1, 'bob'])])
    await endpoint.close()
    expect(await target.query('select "user" from memberships')).toEqual([['alice']])
    expect((await openOn(target)).positions).toEqual([1])
  })

  test('load answers in the order of the keys and sees rows stored before it in the same transaction', async () => {
    const { endpoint } = await openOn(await createTarget())
    const [alice, bob] = [membership([1, 'alice']), membership([2, 'bob'])]
    await endpoint.store(0, [alice, bob])
    const keys: KeyPart[][] = [
      [2, 'bob'],
      [3, 'carly'],
      [1, 'alice'],
      [1, 'bob'],
    ]
    expect(await endpoint.load(0, keys)).toEqual([bob.document, undefined, alice.document, undefined])
    await endpoint.commit([1])
    expect(await endpoint.load(0, keys)).toEqual([bob.document, undefined, alice.document, undefined])
    expect(await endpoint.load(0, [])).toEqual([])
  })

  test('a stored row replaces the one before in all columns', async () => {
    const target = await createTarget()
    const { endpoint } = await openOn(target)
    await endpoint.store(0, [membership([1, 'alice'])])
    await endpoint.commit([1])
    await endpoint.store(0, [membership([1, 'alice'], [false, undefined, null, 5], true)])
    await endpoint.commit([2])
    expect(await target.query('select score, tags, visits from memberships where not member')).toEqual([[null, null, 5]])
  })

  test('a row without a document is deleted, and can come back', async () => {
    const target = await createTarget()
    const { endpoint } = await openOn(target)
    await endpoint.store(0, [membership([1, 'alice']), membership([1, 'bob'])])
    await endpoint.commit([1])
    await endpoint.store(0, [{ key: [1, 'alice'], values: [], document: undefined, exists: true }])
    expect(await endpoint.load(0, [[1, 'alice']])).toEqual([undefined])
    await endpoint.commit([2])
    expect(await target.query('select "user" from memberships')).toEqual([['bob']])
    await endpoint.store(0, [{ key: [9, 'nobody'], values: [], document: undefined, exists: false }, membership([1, 'alice'])])
    await endpoint.commit([3])
    expect(await target.query('select "user" from memberships order by "user"')).toEqual([['alice'], ['bob']])
  })

  test('booleans can be asked as such, and containers are JSON text', async () => {
    const target = await createTarget()
    const { endpoint } = await openOn(target)
    await endpoint.store(0, [membership([1, 'in']), membership([1, 'out'], [false, 2, [], 0])])
    await endpoint.commit([1])
    expect(await target.query('select "user", score, visits from memberships where member')).toEqual([['in', 1.5, 3]])
    expect(await target.query('select "user" from memberships where not member')).toEqual([['out']])
    expect(await target.query('select cast(tags as text) from memberships order by "user"')).toEqual([['["a"]'], ['[]']])
  })

  test('the document is stored as the text that it was, to the byte', async () => {
    const target = await createTarget()
    const { endpoint } = await openOn(target, [profiles])
    const documents = [
      '{"b":1,  "a":1.0, "big":12345678901234567890, "a":2}',
      '{"text":"zero \\u0000 half \\ud800 tab \\t slash \\\\ quote \\" emoji 😀 \u2028"}',
      `{"long":"${'x'.repeat(100_000)}"}`,
    ]
    await endpoint.store(
      0,
      documents.map((document, i) => ({ key: [`k${i}`], values: [], document, exists: false })),
    )
    expect(
      await endpoint.load(
        0,
        documents.map((_, i) => [`k${i}`]),
      ),
    ).toEqual(documents)
  })

  test('positions advance without rows, also beyond 32 bits', async () => {
    const target = await createTarget()
    const { endpoint } = await openOn(target)
    await endpoint.commit([2 ** 40])
    await endpoint.close()
    expect((await openOn(target)).positions).toEqual([2 ** 40])
  })

  test('a table that joins later starts at 0 while the others keep their positions', async () => {
    const target = await createTarget()
    const { endpoint } = await openOn(target, [memberships])
    await endpoint.commit([5])
    await endpoint.close()
    expect((await openOn(target, [profiles, memberships])).positions).toEqual([0, 5])
  })

  test('a table that is left out for a while goes on where it was', async () => {
    const target = await createTarget()
    const { endpoint } = await openOn(target, [memberships, profiles])
    await endpoint.commit([5, 6])
    await endpoint.close()
    const { endpoint: without } = await openOn(target, [memberships])
    await without.commit([7])
    await without.close()
    expect((await openOn(target, [memberships, profiles])).positions).toEqual([7, 6])
  })

  test('a table that somebody has dropped is made anew and starts at 0', async () => {
    const target = await createTarget()
    const { endpoint } = await openOn(target)
    await endpoint.store(0, [membership([1, 'alice'])])
    await endpoint.commit([5])
    await endpoint.close()
    await target.query('drop table memberships')
    expect((await openOn(target)).positions).toEqual([0])
    expect(await target.query('select count(*) from memberships')).toEqual([[0]])
  })

  test('an owner that another one has replaced cannot commit', async () => {
    const target = await createTarget()
    const { endpoint: old } = await openOn(target)
    await old.store(0, [membership([1, 'alice'])])
    await old.commit([1])
    const { endpoint, positions } = await openOn(target)
    expect(positions).toEqual([1])
    const write = async () => {
      await old.store(0, [membership([1, 'zombie'])])
      await old.commit([2])
    }
    await expect(write()).rejects.toEqual(refusal('endpoint_fenced', /"owner"/))
    await endpoint.store(0, [membership([1, 'bob'])])
    await endpoint.commit([3])
    expect(await target.query('select "user" from memberships order by "user"')).toEqual([['alice'], ['bob']])
  })

  test('materializations of different names do not fence each other out', async () => {
    const target = await createTarget()
    const first = await openOn(target, [memberships], 'first')
    const second = await openOn(target, [profiles], 'second')
    await first.endpoint.commit([1])
    await second.endpoint.commit([2])
    await first.endpoint.commit([3])
    await first.endpoint.close()
    expect((await openOn(target, [memberships], 'first')).positions).toEqual([3])
  })

  test('a table with other columns is refused with the differences and a way out', async () => {
    const target = await createTarget()
    const { endpoint } = await openOn(target)
    await endpoint.close()
    const changed: TableSpec = {
      ...memberships,
      fields: memberships.fields.flatMap((old) => {
        if (old.field === 'score') return []
        if (old.field === 'visits') return [field('visits', 'value', 'string'), field('extra', 'value', 'string')]
        return [old]
      }),
    }
    const opening = connect(target).open([changed])
    await expect(opening).rejects.toEqual(
      refusal(
        'endpoint_table_conflict',
        /"memberships".*"visits" is \w+ and must be TEXT.*"extra" \(TEXT\) is missing.*"score" is not needed/i,
      ),
    )
    await expect(opening).rejects.toMatchObject({ hint: expect.stringMatching(/drop the table/) as string, retryable: false })
  })

  test('a change of the key is a conflict', async () => {
    const target = await createTarget()
    const { endpoint } = await openOn(target, [profiles])
    await endpoint.close()
    const changed = {
      ...profiles,
      fields: profiles.fields.map((old) => (old.role === 'key' ? { ...old, role: 'value' as const } : old)),
    }
    await expect(
      connect(target).open([{ ...changed, fields: [field('id', 'key', 'string'), ...changed.fields] }]),
    ).rejects.toEqual(refusal('endpoint_table_conflict', /"user" is part 1 of the primary key/))
  })

  test('tables of others are never touched', async () => {
    const target = await createTarget()
    const { endpoint } = await openOn(target, [profiles], 'theirs')
    await endpoint.close()
    await expect(connect(target).open([profiles])).rejects.toEqual(
      refusal('endpoint_table_conflict', /belongs to materialization "theirs"/),
    )
    await target.query('create table memberships (id integer)')
    await expect(connect(target).open([memberships])).rejects.toEqual(refusal('endpoint_table_conflict', /was not made by/))
    await expect(connect(target, 'theirs').open([{ ...profiles, source: 'other' }])).rejects.toEqual(
      refusal('endpoint_table_conflict', /"examples\/profiles".*"other"/),
    )
  })

  test('hostile names of tables and columns are just names', async () => {
    const target = await createTarget()
    const names = ['drop table x; --', '"', "'", '""', 'a"b', 'select', 'é😀', '$1', '?', ' ', 'a\nb', '\\', '%s']
    const specs = names.map((name): TableSpec => ({
      table: `${name}t`,
      source: name,
      fields: [
        field(`${name}k`, 'key', 'string'),
        ...names.map((other) => field(`${other}v`, 'value', 'string')),
        field(name, 'document', 'object'),
      ],
    }))
    const { endpoint } = await openOn(target, specs)
    const row: Row = { key: ["'; drop table x"], values: names, document: '{}', exists: false }
    for (const [i] of specs.entries()) await endpoint.store(i, [row])
    await endpoint.commit(specs.map(() => 1))
    for (const [i] of specs.entries()) {
      await endpoint.store(i, [{ ...row, exists: true }])
      expect(await endpoint.load(i, [row.key])).toEqual(['{}'])
    }
    await endpoint.commit(specs.map(() => 2))
    await endpoint.close()
    expect((await openOn(target, specs)).positions).toEqual(specs.map(() => 2))
  })

  test.each([
    { title: 'an empty table name', table: '', columns: ['a'] },
    { title: 'a null character', table: 'a\0b', columns: ['a'] },
    { title: 'a name that would be cut', table: 'x'.repeat(64), columns: ['a'] },
    { title: 'two columns of one name', table: 't', columns: ['a', 'a'] },
    { title: 'a table of our own', table: 'millrace_checkpoints', columns: ['a'] },
  ])('$title is refused', async ({ table, columns }) => {
    const fields = [...columns.map((name) => field(name, 'key', 'string')), field('flow_document', 'document', 'object')]
    await expect(connect(await createTarget()).open([{ table, source: 's', fields }])).rejects.toEqual(
      refusal('value_unsupported', /name/),
    )
  })

  test.each<{ title: string; values: Json[]; column: string }>([
    { title: 'an integer beyond exactness', values: [true, 1, [], 2 ** 53], column: 'visits' },
    { title: 'an integer beyond 64 bits', values: [true, 1, [], 1e30], column: 'visits' },
    { title: 'a number that overflows', values: [true, Number.POSITIVE_INFINITY, [], 1], column: 'score' },
  ])('$title is refused with table, key and column, and nothing is stored', async ({ values, column }) => {
    const target = await createTarget()
    const { endpoint } = await openOn(target)
    const message = new RegExp(`"memberships".*\\[1,"alice"\\].*"${column}"`)
    await expect(endpoint.store(0, [membership([1, 'ok']), membership([1, 'alice'], values)])).rejects.toEqual(
      refusal('value_unsupported', message),
    )
    await endpoint.close()
    expect(await target.query('select count(*) from memberships')).toEqual([[0]])
  })

  test('a half surrogate is refused, never altered', async () => {
    const { endpoint } = await openOn(await createTarget())
    await expect(endpoint.store(0, [membership([1, 'half \ud800'])])).rejects.toEqual(refusal('value_unsupported', /"user"/))
  })

  test('many rows of many transactions are what a map would hold', { timeout: 60_000 }, async () => {
    const target = await createTarget()
    const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((value) => !value.includes('\0') && value.isWellFormed())
    const key = fc.tuple(
      fc.integer({ min: -2, max: 2 }),
      fc.oneof(text, fc.constantFrom('a', 'A', 'a ', 'ä', '\\N', '\t', '\n', ',', '"', '{}')),
    )
    const change = fc.record({
      key,
      score: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
      tags: fc.array(text),
      isDeleted: fc.boolean(),
    })
    const { endpoint } = await openOn(target)
    const model = new Map<string, string>()
    let position = 0
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(change, { selector: (one) => JSON.stringify(one.key), maxLength: 30 }), async (changes) => {
        const keys = changes.map((one) => one.key)
        const loaded = await endpoint.load(0, keys)
        expect(loaded).toEqual(keys.map((one) => model.get(JSON.stringify(one))))
        const rows = changes.map(({ key, score, tags, isDeleted }, i): Row => {
          const document = isDeleted ? undefined : JSON.stringify({ score, tags })
          if (document === undefined) model.delete(JSON.stringify(key))
          else model.set(JSON.stringify(key), document)
          return { key, values: [isDeleted, score, tags, 1], document, exists: loaded[i] !== undefined }
        })
        await endpoint.store(0, rows)
        await endpoint.commit([++position])
      }),
      { numRuns: 60 },
    )
    const keys = [...model.keys()].map(unpackKey)
    expect(await endpoint.load(0, keys)).toEqual([...model.values()])
    expect(await target.query('select count(*) from memberships')).toEqual([[model.size]])
  })
}
