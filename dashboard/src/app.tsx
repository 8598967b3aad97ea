import { QueryClientProvider } from '@tanstack/react-query';
import { ConfigProvider, type ThemeConfig } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { useTranslation } from 'react-i18next';
import { createBrowserRouter, RouterProvider } from 'react-router';
import { languageOf, startLanguage } from './i18n.ts';
import { Addresses } from './routes.tsx';
import { createQueryClient } from './session.tsx';
import { CrashBoundary } from './shell/fallbacks.tsx';
import './style/base.css';
import './style/shell.css';
import './style/pages.css';
import './style/readings.css';
import './style/forms.css';
import './style/sign-in.css';
import './style/floor.css';
import './style/payments.css';
import './style/phone.css';

const THEME: ThemeConfig = {
  token: {
    // White on it has 6.16:1; on the default blue 4.10:1, which fails WCAG AA.
    colorPrimary: '#0958d9',
    // Under the pointer darker, not lighter: antd's own shades fail there.
    colorPrimaryHover: '#0747b3',
    colorLinkHover: '#0747b3',
    colorTextSecondary: '#4a5563',
    colorTextTertiary: '#5c6773',
    colorTextPlaceholder: '#6b7683',
    colorBorderSecondary: '#e6e9ee',
    borderRadius: 6,
    fontSize: 14,
    fontFamily: 'var(--font)',
  },
  components: {
    Table: { cellPaddingBlockSM: 7, cellPaddingInlineSM: 10, headerBg: '#f5f7fa' },
    Drawer: { paddingLG: 16 },
  },
};

/** One route for all addresses: only so that a page with something unsaved can hold a departure up. */
const createRouter = () =>
  createBrowserRouter([
    {
      path: '*',
      element: (
        <CrashBoundary>
          <Addresses />
        </CrashBoundary>
      ),
    },
  ]);

function Root() {
  const { i18n } = useTranslation();
  const [client] = useState(createQueryClient);
  const [router] = useState(createRouter);
  return (
    <ConfigProvider
      theme={THEME}
      locale={languageOf(i18n.language) === 'en' ? enUS : zhCN}
      button={{ autoInsertSpace: false }}
    >
      <QueryClientProvider client={client}>
        <CrashBoundary>
          <RouterProvider router={router} />
        </CrashBoundary>
      </QueryClientProvider>
    </ConfigProvider>
  );
}

export async function startApp(): Promise<void> {
  const element = document.getElementById('root');
  if (element === null) return;
  await startLanguage();
  createRoot(element).render(
    <StrictMode>
      <Root />
    </StrictMode>,
  );
}
