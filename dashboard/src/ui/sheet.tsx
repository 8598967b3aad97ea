import { Drawer } from 'antd';
import type { ReactNode } from 'react';
import { useNarrow } from './use-narrow.ts';

/** Details of something: a drawer at the side, and on a phone a sheet from below. */
export function Sheet(props: {
  readonly title: ReactNode;
  readonly width?: number;
  /** Leaves what is beside the drawer in use. */
  readonly open?: boolean;
  readonly modeless?: boolean;
  readonly extra?: ReactNode;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const { title, width = 440, modeless = false, open = true, extra, onClose, children } = props;
  const narrow = useNarrow();
  return (
    <Drawer
      open={open}
      title={title}
      extra={extra}
      placement={narrow ? 'bottom' : 'right'}
      size={narrow ? '82dvh' : width}
      mask={narrow || !modeless}
      onClose={onClose}
      rootClassName={modeless ? 'sheet-modeless' : ''}
      destroyOnHidden
    >
      {children}
    </Drawer>
  );
}
