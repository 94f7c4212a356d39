import { expect, test } from 'vitest'
import type { Observation } from '../model.ts'
import { observeInventory } from './inventory.ts'

function observed(value: Record<string, unknown>, host?: string): Observation | undefined {
  const observations: Observation[] = []
  observeInventory(
    { evidence: 'e1', shape: 'cim-json', value, ...(host === undefined ? {} : { host }) },
    { observe: (observation) => observations.push(observation), dismiss: () => undefined },
  )
  return observations[0]
}

test('a reference that PowerShell printed names its object, quotes in the name or not', () => {
  const binding = observed(
    {
      Filter: '__EventFilter (Name = "a "7" b\\c")',
      Consumer: 'CommandLineEventConsumer (Name = "plain")',
      CimClass: 'root/subscription:__FilterToConsumerBinding',
    },
    'WKS',
  )
  expect(binding).toMatchObject({
    host: 'WKS',
    namespace: 'root\\subscription',
    binding: {
      filter: '__EventFilter.Name="a \\"7\\" b\\\\c"',
      consumer: 'CommandLineEventConsumer.Name="plain"',
    },
  })
})
