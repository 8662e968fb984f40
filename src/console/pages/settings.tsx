import { Hono } from 'hono'
import type { ConsoleDesk, VisitEnv } from '../desk.ts'
import { approvalSettings } from './settings/approvals.tsx'
import { peopleSettings } from './settings/people.tsx'
import { sellingSettings } from './settings/selling.tsx'
import { slackSettings } from './settings/slack.tsx'

/** How the publisher sells, who decides, who works here and where they are told. */
export function settings(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .route('/', sellingSettings(desk))
    .route('/approvals', approvalSettings(desk))
    .route('/people', peopleSettings(desk))
    .route('/slack', slackSettings(desk))
}
