import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import { leastRole, may, type Right } from '../rights.ts'
import type { VisitEnv } from './desk.ts'

/** In front of whatever changes something: people without the right are told who has it, and nothing is done. */
export const needs = (right: Right) =>
  createMiddleware<VisitEnv>(async (c, next) => {
    const { role } = c.get('visit')
    if (may(role, right)) return next()
    throw new HTTPException(403, {
      message: `Your role here is ${role}; this needs the role ${leastRole(right)}. Ask an admin of the publisher.`,
    })
  })
