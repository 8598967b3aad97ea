export const commodity = { electricity: '电', water: '水', gate: '道闸', service: '服务' };

export const charging = { prepaid: '预付费', postpaid: '后付费' };

export const kind = {
  electricity_meter: '电能表',
  water_meter: '水表',
  stall_sensor: '摊位传感器',
  gate: '道闸',
  gateway: '网关',
};

export const quality = { good: '正常', future: '时钟超前', quarantined: '隔离', rejected: '已拒绝' };

export const point = {
  energy_import: '正向有功电能',
  power: '功率',
  voltage: '电压',
  volume: '累计水量',
  battery: '电池',
  open: '开市',
  temperature: '温度',
  barrier_open: '道闸开启',
  passes: '通行次数',
};
