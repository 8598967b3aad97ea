import type { Dispute } from '../../../contracts/bills.ts';
import { ErrorState, Loading } from '../ui/states.tsx';
import { useBillLines } from './bill-lines.tsx';
import { LineAmount } from './line-amount.tsx';
import { LineText } from './line-text.tsx';

/** What a dispute is about, each line with a way to its evidence. */
export function DisputedLines({
  dispute,
  onEvidence,
}: {
  readonly dispute: Dispute;
  readonly onEvidence: (line: number) => void;
}) {
  const lines = useBillLines(dispute.bill.id, true);
  if (lines.data === undefined)
    return lines.error ? <ErrorState error={lines.error} retry={() => void lines.refetch()} /> : <Loading />;
  return (
    <div className="bill-lines">
      <table className="values">
        <tbody>
          {lines.data.items
            .filter(({ id }) => dispute.lines.includes(id))
            .map((line) => (
              <tr key={line.id}>
                <td>
                  <LineText line={line} />
                </td>
                <td className="right">
                  <LineAmount line={line} onEvidence={onEvidence} />
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
