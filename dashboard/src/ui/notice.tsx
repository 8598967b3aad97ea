import WarningOutlined from '@ant-design/icons/es/icons/WarningOutlined';
import type { ReactNode } from 'react';

/** A whole page or panel that has something to say instead of its content. */
export function Notice(props: {
  readonly title: string;
  readonly hint: string;
  /** Read out at once by a screen reader. */
  readonly alert?: boolean;
  readonly children?: ReactNode;
}) {
  const { title, hint, alert = false, children } = props;
  return (
    <div className="state" role={alert ? 'alert' : undefined}>
      {alert && <WarningOutlined className="state-icon" />}
      <div className="state-title">{title}</div>
      <div className="state-hint">{hint}</div>
      {children && <div className="state-action">{children}</div>}
    </div>
  );
}
