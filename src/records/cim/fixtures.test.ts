import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { asFiles, readObjects, summary } from './sample-repository.suite.ts'
import {
  type RepositoryChange,
  standardClasses,
  type WrittenRepository,
  writeRepository,
} from './write/index.ts'

const FOLDER = fileURLToPath(new URL('../../../fixtures/cim/', import.meta.url))

interface Recipes {
  readonly startFiletime: string
  readonly fixtures: Readonly<
    Record<string, { readonly layout?: 'xp'; readonly commits: readonly ('standard' | RepositoryChange[])[] }>
  >
}

const recipes = JSON.parse(readFileSync(`${FOLDER}recipes.json`, 'utf8')) as Recipes

function build(name: string): WrittenRepository {
  const recipe = recipes.fixtures[name]
  return writeRepository({
    startFiletime: BigInt(recipes.startFiletime),
    commits: (recipe?.commits ?? []).map((commit) => (commit === 'standard' ? standardClasses() : commit)),
    ...(recipe?.layout === undefined ? {} : { layout: recipe.layout }),
  })
}

test.each(Object.keys(recipes.fixtures))('%s is what its recipe says, and is read as expected', (name) => {
  const folder = `${FOLDER}${name}/`
  const files = build(name)
  const { objects, diagnostics } = readObjects(asFiles(files))
  const lines = objects.map(
    ({ recovered }, index) => `${summary(objects)[index]}${recovered ? ` (${recovered.from})` : ''}`,
  )
  const expected = { objects: lines, diagnostics }
  if (process.env.WRITE_FIXTURES === '1') {
    mkdirSync(folder, { recursive: true })
    for (const [file, bytes] of Object.entries(files)) writeFileSync(folder + file, bytes)
    writeFileSync(`${folder}expected.json`, `${JSON.stringify(expected, undefined, 2)}\n`)
  }
  const stored = readdirSync(folder).filter((file) => file !== 'expected.json')
  expect(stored.sort()).toEqual(Object.keys(files).sort())
  for (const file of stored)
    expect(readFileSync(folder + file).equals(files[file] ?? new Uint8Array()), file).toBe(true)
  expect(expected).toEqual(JSON.parse(readFileSync(`${folder}expected.json`, 'utf8')))
})
