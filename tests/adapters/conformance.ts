import { beforeAll, describe } from 'vitest'
import { describeChanges } from './conformance/changes.ts'
import { describeForecasting } from './conformance/forecasting.ts'
import { describePlacing } from './conformance/placing.ts'
import { describePlanning } from './conformance/planning.ts'
import { describeTrouble } from './conformance/trouble.ts'
import type { AdServerUnderTest } from './conformance/under_test.ts'

export { expectNoSecret, rejection, thrown } from './conformance/errors.ts'
export { call, placeRest, withPackage } from './conformance/steps.ts'
export type { AdServerUnderTest, Booked } from './conformance/under_test.ts'

/** What every adapter owes the worker. */
export function describeAdapter(name: string, open: () => Promise<AdServerUnderTest>): void {
  describe(name, () => {
    const it = {} as AdServerUnderTest
    beforeAll(async () => void Object.assign(it, await open()))
    describe('planning', () => describePlanning(it))
    describe('placing an order', () => describePlacing(it))
    describe('when things go wrong', () => describeTrouble(it))
    describe('changing an order', () => describeChanges(it))
    describe('forecasting', () => describeForecasting(it))
  })
}
