import AccountBookOutlined from '@ant-design/icons/es/icons/AccountBookOutlined';
import ApartmentOutlined from '@ant-design/icons/es/icons/ApartmentOutlined';
import BookOutlined from '@ant-design/icons/es/icons/BookOutlined';
import CalculatorOutlined from '@ant-design/icons/es/icons/CalculatorOutlined';
import CarOutlined from '@ant-design/icons/es/icons/CarOutlined';
import DashboardOutlined from '@ant-design/icons/es/icons/DashboardOutlined';
import ExceptionOutlined from '@ant-design/icons/es/icons/ExceptionOutlined';
import FileTextOutlined from '@ant-design/icons/es/icons/FileTextOutlined';
import HddOutlined from '@ant-design/icons/es/icons/HddOutlined';
import IdcardOutlined from '@ant-design/icons/es/icons/IdcardOutlined';
import InboxOutlined from '@ant-design/icons/es/icons/InboxOutlined';
import LogoutOutlined from '@ant-design/icons/es/icons/LogoutOutlined';
import MenuOutlined from '@ant-design/icons/es/icons/MenuOutlined';
import PartitionOutlined from '@ant-design/icons/es/icons/PartitionOutlined';
import PayCircleOutlined from '@ant-design/icons/es/icons/PayCircleOutlined';
import PercentageOutlined from '@ant-design/icons/es/icons/PercentageOutlined';
import SafetyCertificateOutlined from '@ant-design/icons/es/icons/SafetyCertificateOutlined';
import SettingOutlined from '@ant-design/icons/es/icons/SettingOutlined';
import TagsOutlined from '@ant-design/icons/es/icons/TagsOutlined';
import UserOutlined from '@ant-design/icons/es/icons/UserOutlined';
import WalletOutlined from '@ant-design/icons/es/icons/WalletOutlined';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Popover, Select } from 'antd';
import { type ReactNode, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { NavLink, Outlet } from 'react-router';
import type { Role } from '../../../domain/permissions.ts';
import { api } from '../api.ts';
import { OpenCount } from '../cases/open-count.tsx';
import { connection } from '../connection.ts';
import { LEFT, useSession } from '../session.tsx';
import { Brand } from './brand.tsx';
import { LanguageSwitch } from './language-switch.tsx';
import { GROUPS, SECTIONS, type Section, sectionsOf } from './sections.ts';

const ICONS: Record<Section, ReactNode> = {
  floor: <ApartmentOutlined />,
  'fee-lines': <AccountBookOutlined />,
  cases: <ExceptionOutlined />,
  readings: <DashboardOutlined />,
  leases: <IdcardOutlined />,
  devices: <HddOutlined />,
  'dead-letters': <InboxOutlined />,
  billing: <CalculatorOutlined />,
  bills: <FileTextOutlined />,
  payments: <PayCircleOutlined />,
  ledger: <BookOutlined />,
  tariffs: <TagsOutlined />,
  losses: <PercentageOutlined />,
  gates: <CarOutlined />,
  prepaid: <WalletOutlined />,
  settlement: <PartitionOutlined />,
  audit: <SafetyCertificateOutlined />,
  settings: <SettingOutlined />,
};

/** So many tabs a narrow phone has room for. */
const TABS_MAX = 5;

export function Shell() {
  const { t } = useTranslation();
  const { me, site, sites, chooseSite } = useSession();
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {t('nav.skip')}
      </a>
      <header className="topbar">
        <Brand />
        {sites.length > 1 ? (
          <Select
            className="site-select"
            size="small"
            aria-label={t('common.site')}
            value={site.id}
            onChange={chooseSite}
            options={sites.map((one) => ({ value: one.id, label: one.name }))}
          />
        ) : (
          <span className="site-name">{site.name}</span>
        )}
        <span className="topbar-gap" />
        <ConnectionState />
        <LanguageSwitch />
        <Account />
      </header>
      <Navigation role={me.role} />
      <main id="main" className="main" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

/** The sections; on a phone as many as fit, and all of them behind a button. */
function Navigation({ role }: { readonly role: Role }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const all = sectionsOf(role);
  return (
    <nav className={open ? 'nav nav-open' : 'nav'} aria-label={t('nav.label')}>
      {GROUPS.map((group) => {
        const sections = all.filter((section) => SECTIONS[section].group === group);
        if (sections.length === 0) return null;
        return (
          <div key={group} className="nav-group">
            <span className="nav-group-title">{t(`navGroup.${group}`)}</span>
            {sections.map((section) => (
              <NavLink key={section} to={`/${section}`} className="nav-link" onClick={() => setOpen(false)}>
                {ICONS[section]}
                <span>{t(`nav.${section}`)}</span>
                {section === 'cases' && <OpenCount />}
              </NavLink>
            ))}
          </div>
        );
      })}
      {all.length > TABS_MAX && (
        <button
          type="button"
          className="nav-link nav-more"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <MenuOutlined />
          <span>{t(open ? 'common.close' : 'nav.more')}</span>
        </button>
      )}
    </nav>
  );
}

function ConnectionState() {
  const { t } = useTranslation();
  const state = useSyncExternalStore(connection.subscribe, connection.get);
  return (
    <span className={`connection connection-${state}`} role="status">
      <span className="connection-dot" aria-hidden="true">
        {state === 'ok' ? '●' : state === 'lost' ? '✕' : '○'}
      </span>
      <span className="connection-text">{t(`connection.${state}`)}</span>
    </span>
  );
}

function Account() {
  const { t } = useTranslation();
  const { me } = useSession();
  const client = useQueryClient();
  const signOut = useMutation({
    mutationFn: api.signOut,
    // Also when the server did not answer: what is on this screen must not stay.
    onSettled() {
      client.setQueryData(LEFT, true);
      client.setQueryData(['me'], null);
    },
  });
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      content={
        <div className="account">
          <strong>{me.name}</strong>
          <span className="muted">{t(`role.${me.role}`)}</span>
          <Button
            icon={<LogoutOutlined />}
            loading={signOut.isPending}
            onClick={() => signOut.mutate()}
            block
          >
            {t('session.signOut')}
          </Button>
        </div>
      }
    >
      <button type="button" className="account-button" aria-label={`${t('session.account')} ${me.name}`}>
        <UserOutlined />
        <span className="account-name">{me.name}</span>
      </button>
    </Popover>
  );
}
