import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Navigate, useLocation, useParams } from 'react-router';
import { api } from '../api.ts';
import { useSession } from '../session.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { FloorStage } from './floor-stage.tsx';

/** Which floor, from the address: `/floor/3?stall=A-101&view=list`. */
export function FloorPage() {
  const { t } = useTranslation();
  const { site } = useSession();
  const { floorId } = useParams();
  const { search } = useLocation();
  const floors = useQuery({
    queryKey: ['floors', site.id],
    queryFn: ({ signal }) => api.floors(site.id, signal),
    staleTime: 300_000,
  });

  if (floors.data === undefined) {
    return floors.error ? (
      <ErrorState error={floors.error} retry={() => void floors.refetch()} />
    ) : (
      <Loading page />
    );
  }
  const { items } = floors.data;
  const [first] = items;
  if (first === undefined) return <EmptyState title={t('floor.noFloors')} hint={t('floor.noFloorsHint')} />;
  const floor = items.find((one) => String(one.id) === floorId);
  if (floor === undefined) return <Navigate to={`/floor/${first.id}${search}`} replace />;
  return <FloorStage floor={floor} floors={items} />;
}
