import { sql } from 'kysely'
import type { ReadDb, Trx } from '../db/database.ts'
import type { FulfilmentState, PricingModel, WorkflowStepStatus } from '../db/schema.ts'

/** A purchase, or a change of one, with everything a person looks at to decide on it, and what was decided. */
export interface ApprovalRequest {
  tenant_id: string
  workflow_step_id: string
  media_buy_id: string
  task_type: string
  status: WorkflowStepStatus
  title: string
  decided_by: string | null
  decided_at: Date | null
  reason: string | null
  deadline: Date | null
  /** When the clock declines it; null where it never does. */
  expire_at: Date | null
  created_at: Date
  /** How many people must agree, and who has. */
  approvals_needed: number
  agreed: string[]
  /** What its buyer was asked, the first question first; null where there is no answer yet. */
  questions: AskedQuestion[]
  agent: string
  sandbox: boolean
  advertiser: string
  brand_domain: string
  po_number: string | null
  currency: string
  total_budget: string
  start_time: Date
  end_time: Date
  /** For a change: what it asks for, and what the buy would then cost and when it would end. */
  wanted: { request: Record<string, unknown>; total_budget: string; end_time: string } | null
  approval_threshold: string | null
  /** Of the publisher's policy for its currency, in whose place it counts. */
  auto_approve_under: string | null
  /** The company that is to be invoiced in place of the advertiser. */
  invoice_to: string | null
  new_advertiser: boolean
  packages: RequestedPackage[]
  orders: { connection: string; state: FulfilmentState; message: string | null }[]
}
export interface AskedQuestion {
  question: string
  asked_by: string
  asked_at: string
  answer: string | null
  answered_at: string | null
}
export interface RequestedPackage {
  package_id: string
  product: string
  product_id: string
  budget: string
  pricing_model: PricingModel
  price: string | null
  bid_price: string | null
  impressions: string | null
  start_time: string
  end_time: string
  targeting_overlay: Record<string, unknown> | null
  /** How much would be left of its product on the fullest day of its flight, from 0 to 1; null where nobody counts. */
  left: number | null
}

/** A publisher's approvals as requests somebody can decide on; narrow it to those wanted. */
export function selectApprovalRequests(db: ReadDb | Trx, tenant_id: string) {
  return db
    .selectFrom('workflow_steps as step')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'step.media_buy_id')
    .innerJoin('principals as agent', 'agent.principal_id', 'buy.principal_id')
    .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
    .innerJoin('tenants as tenant', 'tenant.tenant_id', 'step.tenant_id')
    .leftJoin('media_buy_updates as u', 'u.workflow_step_id', 'step.workflow_step_id')
    .where('step.tenant_id', '=', tenant_id)
    .where('step.kind', '=', 'approval')
    .select([
      'step.tenant_id',
      'step.workflow_step_id',
      'step.media_buy_id',
      'step.task_type',
      'step.status',
      'step.title',
      'step.decided_by',
      'step.decided_at',
      'step.reason',
      'step.deadline',
      'step.expire_at',
      'step.created_at',
      'step.approvals_needed',
      agreed.as('agreed'),
      questions.as('questions'),
      'agent.name as agent',
      'agent.sandbox',
      'account.name as advertiser',
      sql<string>`buy.brand->>'domain'`.as('brand_domain'),
      'buy.po_number',
      'buy.currency',
      'buy.total_budget',
      'buy.start_time',
      'buy.end_time',
      sql<ApprovalRequest['wanted']>`case when u.request is not null then json_build_object(
        'request', u.request, 'total_budget', u.total_budget::text,
        'end_time', to_json(u.end_time at time zone 'UTC') #>> '{}') end`.as('wanted'),
      'tenant.approval_threshold',
      sql<string | null>`(select l.auto_approve_under::text from approval_limits l
        where l.tenant_id = buy.tenant_id and l.currency = buy.currency)`.as('auto_approve_under'),
      sql<string | null>`buy.invoice_recipient->>'legal_name'`.as('invoice_to'),
      newAdvertiser.as('new_advertiser'),
      packages.as('packages'),
      orders.as('orders'),
    ])
    .$castTo<ApprovalRequest>()
}

/** True where this publisher has never accepted a buy for the brand. */
const newAdvertiser = sql<boolean>`not exists (
  select from media_buys other where other.tenant_id = buy.tenant_id and other.media_buy_id <> buy.media_buy_id
    and other.brand->>'domain' = buy.brand->>'domain' and other.confirmed_at is not null)`

const agreed = sql<string[]>`array(
  select yes.name from approvals_given yes where yes.workflow_step_id = step.workflow_step_id order by yes.given_at)`

const questions = sql<AskedQuestion[]>`(
  select coalesce(json_agg(json_build_object('question', q.question, 'asked_by', q.asked_by, 'answer', q.answer,
    'asked_at', to_json(q.asked_at at time zone 'UTC') #>> '{}',
    'answered_at', to_json(q.answered_at at time zone 'UTC') #>> '{}') order by q.asked_at), '[]')
  from approval_questions q where q.workflow_step_id = step.workflow_step_id)`

/** What is reserved on a day of what can be sold that day: the capacity the publisher gives or the last forecast, whichever is less. */
const left = sql`(
  select min(1 - (select sum(held.amount) from reservations held where held.tenant_id = own.tenant_id
      and held.product_id = own.product_id and held.day = own.day and held.released_at is null)
    / nullif(least(product.daily_capacity, forecast.capacity), 0))
  from reservations own left join forecast_days forecast
    on (forecast.tenant_id, forecast.product_id, forecast.day) = (own.tenant_id, own.product_id, own.day)
  where own.package_id = p.package_id and own.released_at is null)`

const packages = sql<RequestedPackage[]>`(
  select coalesce(json_agg(json_build_object(
    'package_id', p.package_id, 'product', product.name, 'product_id', p.product_id, 'budget', p.budget::text,
    'pricing_model', p.pricing_model, 'price', p.price::text, 'bid_price', p.bid_price::text,
    'impressions', p.impressions::text, 'start_time', to_json(p.start_time at time zone 'UTC') #>> '{}',
    'end_time', to_json(p.end_time at time zone 'UTC') #>> '{}', 'targeting_overlay', p.targeting_overlay,
    'left', ${left}) order by p.position), '[]')
  from media_packages p join products product using (tenant_id, product_id)
  where p.media_buy_id = buy.media_buy_id and not p.canceled)`

const orders = sql<ApprovalRequest['orders']>`(
  select coalesce(json_agg(json_build_object('connection', c.name, 'state', f.state,
    'message', f.last_error->>'message') order by c.name), '[]')
  from fulfilments f join adapter_configs c using (connection_id) where f.media_buy_id = buy.media_buy_id)`
