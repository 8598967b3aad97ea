import CloseOutlined from '@ant-design/icons/es/icons/CloseOutlined';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ParsedDates, parseDates } from './dates.ts';

/** Days as a list that one pastes into, by year; `everyYear` also takes days without a year. */
export function DateList(props: {
  readonly label: string;
  readonly dates: readonly string[];
  readonly onChange: (dates: string[]) => void;
  readonly everyYear?: boolean;
  readonly disabled?: boolean;
}) {
  const { t } = useTranslation();
  const { label, dates, onChange, everyYear = false, disabled = false } = props;
  const [text, setText] = useState('');
  const [last, setLast] = useState<ParsedDates | null>(null);
  const years = [...new Set(dates.map(yearOf))].sort();
  const add = () => {
    const parsed = parseDates(text, everyYear);
    setLast(parsed);
    setText(parsed.rejected.join(' '));
    if (parsed.dates.length > 0) onChange([...new Set([...dates, ...parsed.dates])].sort());
  };
  return (
    <div className="stack stack-tight">
      {dates.length === 0 && <span className="muted">{t('dates.none')}</span>}
      {years.map((year) => {
        const own = dates.filter((date) => yearOf(date) === year);
        return (
          <div key={year} className="date-year">
            <div className="row">
              <strong>{year === '' ? t('dates.everyYear') : year}</strong>
              <span className="muted">{t('dates.count', { count: own.length })}</span>
              {!disabled && (
                <Button
                  size="small"
                  type="text"
                  aria-label={`${t('dates.clear')} ${year}`}
                  onClick={() => onChange(dates.filter((date) => yearOf(date) !== year))}
                >
                  {t('dates.clear')}
                </Button>
              )}
            </div>
            <ul className="date-chips">
              {own.map((date) => (
                <li key={date}>
                  {disabled ? (
                    <span className="date-chip num">{date}</span>
                  ) : (
                    <button
                      type="button"
                      className="date-chip num"
                      aria-label={t('dates.remove', { date })}
                      onClick={() => onChange(dates.filter((one) => one !== date))}
                    >
                      {date.slice(-5)} <CloseOutlined />
                    </button>
                  )}
                </li>
              ))}
            </ul>
          </div>
        );
      })}
      {!disabled && (
        <>
          <Input.TextArea
            aria-label={t('dates.paste', { label })}
            placeholder={t(everyYear ? 'dates.placeholderEveryYear' : 'dates.placeholder')}
            autoSize={{ minRows: 2, maxRows: 6 }}
            maxLength={10_000}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <div className="row">
            <Button onClick={add} disabled={text.trim() === ''}>
              {t('dates.add')}
            </Button>
            <span aria-live="polite">
              {last !== null && last.rejected.length > 0 && (
                <span className="field-fault">
                  {t('dates.rejected', { text: last.rejected.slice(0, 5).join(' ') })}
                </span>
              )}
            </span>
          </div>
        </>
      )}
    </div>
  );
}

const yearOf = (date: string): string => (date.length === 10 ? date.slice(0, 4) : '');
