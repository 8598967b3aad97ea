import { formatDecimal } from '../domain/decimal.ts';
import { minorDigits } from '../domain/money.ts';
import type { SandboxOrder } from './sandbox-order.ts';

/** The page that a payer of the sandbox provider opens: one button pays, one turns away. */
export function sandboxPage(order: SandboxOrder | undefined): string {
  return `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>沙箱支付 Sandbox payment</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f4f6f9;color:#1b2430;display:grid;place-items:center;min-height:100vh}
main{background:#fff;border:1px solid #d8dee6;border-radius:12px;padding:24px;width:min(340px,86vw);text-align:center}
h1{font-size:18px;margin:0 0 4px}p{margin:4px 0;color:#4a5563}.sum{font-size:32px;font-weight:650;color:#1b2430}
button{font:inherit;width:100%;min-height:48px;border-radius:8px;border:1px solid #0958d9;background:#0958d9;color:#fff;margin-top:12px}
button.no{background:#fff;color:#1b2430;border-color:#c3cbd6}</style></head><body><main>
<h1>沙箱支付 · Sandbox payment</h1><p>不会动用真钱 · No real money moves</p>${order ? orderHtml(order) : '<p>没有这个订单 · No such order</p>'}</main></body></html>`;
}

const STATES = {
  pending: '等待支付 · Waiting for payment',
  paid: '✓ 已支付，可以回到商户页面 · Paid, you can go back',
  failed: '✕ 支付失败 · Failed',
  closed: '✕ 订单已关闭 · Closed',
} as const;

function orderHtml(order: SandboxOrder): string {
  const sum = `${order.currency} ${formatDecimal({ units: order.amount, scale: minorDigits(order.currency) })}`;
  const form = (verb: string, text: string, style = '') =>
    `<form method="post" action="/pay/${escapeHtml(order.orderNo)}/${verb}"><button ${style}>${text}</button></form>`;
  return `<p>${escapeHtml(order.description)}</p><p class="sum">${escapeHtml(sum)}</p><p>${STATES[order.status]}</p>${
    order.status === 'pending'
      ? form('pay', '支付 · Pay') + form('fail', '放弃 · Turn away', 'class="no"')
      : ''
  }`;
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
